using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>Where notices for operators and reports go.</summary>
public sealed class NoticesConfig
{
    [JsonRequired]
    [ConfigKey("The sink that takes them: a name under sinks, of a type that needs no address of a shopper, or email.", Example = "ops")]
    public string Sink { get; set; } = "";

    [ConfigKey("The e-mail address that they go to, if the sink sends e-mails.", Example = "ops@shop.example")]
    public string? To { get; set; }
}
