using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>A message of a series.</summary>
public sealed class StepConfig
{
    [ConfigKey("Delay after the previous step, or after the trigger. Shopper activity restarts it.", Max = "90d")]
    public Duration Wait { get; set; }

    [ConfigKey("Conditions on the cart, checked when the message is due. If one does not hold, the step is skipped and the series continues.", Max = "16")]
    public List<ConditionConfig> When { get; set; } = [];

    [ConfigKey("The offer. Use choices instead to let the engine select one.", Example = "{ type: discount, percent: 10 }")]
    public ActionConfig? Action { get; set; }

    [ConfigKey("Offers to select from. The engine learns which one earns most for which kind of shopper, and records the probability of each selection.", Max = "8")]
    public List<ActionConfig> Choices { get; set; } = [];

    [JsonRequired]
    [ConfigKey("The channel: socket (the shopper's own connection) or the name of a sink.", Example = "socket")]
    public string Channel { get; set; } = "";

    [ConfigKey("The text, in Liquid: {{ cart.total | money }}, {% if %}, {% for %}.", Example = "\"Your {{ cart.item_count }} items are waiting.\"")]
    public string Message { get; set; } = "";

    [ConfigKey("A heading, or an e-mail's subject, in Liquid; one line.")]
    public string? Subject { get; set; }

    [ConfigKey("The message as HTML, in Liquid, whose values are escaped.")]
    public string? Html { get; set; }

    [ConfigKey("A template of the store, made with POST /v1/templates, instead of message, subject and html. Where the store has no such template, the campaign is paused.",
        Example = "cart-left")]
    public string? Template { get; set; }

    [ConfigKey("How long the message stays useful. A message that the contact policy defers for longer expires.", Min = "1s", Max = "90d")]
    public Duration UsefulFor { get; set; } = new(TimeSpan.FromDays(3));

    /// <summary>Returns a copy with these texts instead of a template.</summary>
    public StepConfig WithTexts(string message, string? subject, string? html)
    {
        var copy = (StepConfig)MemberwiseClone();
        (copy.Template, copy.Message, copy.Subject, copy.Html) = (null, message, subject, html);
        return copy;
    }
}
