using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Engine.Journeys.Sending;

/// <summary>A message and everything that its texts show. Renders on any thread.</summary>
/// <param name="Message">The message without its texts.</param>
/// <param name="Step">The step, which has the templates.</param>
/// <param name="Values">What they show.</param>
/// <param name="Pixel">What is added to HTML.</param>
public sealed record PreparedMessage(Intervention Message, CampaignStep Step, MessageValues Values, string Pixel)
{
    /// <summary>Renders the texts.</summary>
    /// <exception cref="MessageRenderingException">A template exceeds its bounds.</exception>
    public Intervention Render() => Message with
    {
        Message = Step.Message.Render(Values),
        Subject = Step.Subject?.Render(Values),
        // HTML that renders to nothing is no part of the message.
        Html = Step.Html?.Render(Values) is { Length: > 0 } html ? html + Pixel : null,
    };

    /// <summary>Renders the texts; one that fails is replaced by the reason.</summary>
    public Intervention RenderPreview()
    {
        try
        {
            return Render();
        }
        catch (MessageRenderingException e)
        {
            return Message with { Message = $"This message would not be sent: the template {e.Message}." };
        }
    }
}
