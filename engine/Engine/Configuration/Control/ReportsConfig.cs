using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Control;

/// <summary>The receivers of the daily and weekly reports.</summary>
public sealed class ReportsConfig
{
    [JsonRequired]
    [ConfigKey("The sink that takes them: a name under sinks, of a type that needs no address of a shopper, or email.", Example = "ops")]
    public string Sink { get; set; } = "";

    [ConfigKey("The e-mail addresses that they go to, if the sink sends e-mails.", Max = "20", Example = "[owner@shop.example]")]
    public List<string> To { get; set; } = [];
}
