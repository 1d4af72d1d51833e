using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Engine.Journeys.Recipients;

/// <summary>The compiled rules for addresses that a browser named.</summary>
public sealed class UnprovenContactOptions
{
    readonly MessageTemplate _subject, _message;
    readonly MessageTemplate? _html;

    /// <summary>Compiles a validated configuration.</summary>
    public UnprovenContactOptions(ContactConfig contact)
    {
        var config = contact.Unproven;
        PerNetwork = (config.NewRecipients.PerAddress.Count, (long)config.NewRecipients.PerAddress.Per.TotalMilliseconds);
        PerStore = (config.NewRecipients.PerStore.Count, (long)config.NewRecipients.PerStore.Per.TotalMilliseconds);
        NeedsConfirmation = config.OptIn == OptInRule.Always
            || (config.OptIn == OptInRule.WhenConsentRequired && contact.Consent == ConsentRule.Required);
        _subject = MessageTemplate.Compile(config.Confirmation.Subject, MessageFormat.Line);
        _message = MessageTemplate.Compile(config.Confirmation.Message, MessageFormat.Text);
        _html = config.Confirmation.Html is { } html ? MessageTemplate.Compile(html, MessageFormat.Html) : null;
    }

    /// <summary>New recipients that a network may name in a time (ms).</summary>
    public (int Count, long Per) PerNetwork { get; }

    /// <summary>New recipients of a store in a time (ms).</summary>
    public (int Count, long Per) PerStore { get; }

    /// <summary>Whether the owner of such an address must confirm it.</summary>
    public bool NeedsConfirmation { get; }

    /// <summary>Renders a confirmation.</summary>
    /// <param name="store">The store.</param>
    /// <param name="link">The link that confirms.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <exception cref="MessageRenderingException">A template exceeds its bounds.</exception>
    public (string Subject, string Message, string? Html) RenderConfirmation(Store store, string link, long now)
    {
        var values = new MessageValues(store.Id, "", new CartSummary(0, 0, store.Currency), DiscountPercent: null)
        {
            StoreName = store.Name,
            Links = new InterventionLinks(Confirm: link),
            Now = DateTimeOffset.FromUnixTimeMilliseconds(now),
            TimeZone = store.TimeZone,
        };
        return (_subject.Render(values), _message.Render(values), _html?.Render(values));
    }
}
