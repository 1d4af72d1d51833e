using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>The campaigns section.</summary>
public sealed class DecisionsConfig
{
    [ConfigKey("Minimum time between two interventions for the same cart.", Max = "365d")]
    public Duration Window { get; set; } = Duration.FromHours(1);

    [ConfigKey("The value of one unit of each currency, in a common currency of your choice: { USD: 1, EUR: 1.08, JPY: 0.0067 }. Codes are those of ISO 4217. Without a rate, amounts "
        + "in another currency than the store's are reported apart, and no condition on an amount holds for them.", Max = "200")]
    public Dictionary<string, double> ExchangeRates { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("A JSON file with the rates: {\"USD\": 1, \"EUR\": 1.08}, or {\"base\": \"USD\", \"rates\": {\"EUR\": 0.926}} as public sources of rates write it. It is read "
        + "when the configuration is, and again when it changes.", Example = "rates.json")]
    public string? ExchangeRatesFile { get; set; }

    [ConfigKey("A web address that rates are fetched from; those of exchangeRates and of the file take precedence. Default: none.")]
    public ExchangeRatesSourceConfig? ExchangeRatesSource { get; set; }

    [ConfigKey("The campaigns, highest priority first.", Max = "64")]
    public List<CampaignConfig> Campaigns { get; set; } = [];

    /// <summary>Returns the section with other rates or campaigns.</summary>
    public DecisionsConfig With(Dictionary<string, double>? exchangeRates = null, List<CampaignConfig>? campaigns = null)
    {
        // A clone, so that a key that is added later is not lost.
        var section = (DecisionsConfig)MemberwiseClone();
        section.ExchangeRates = exchangeRates ?? ExchangeRates;
        section.Campaigns = campaigns ?? Campaigns;
        return section;
    }
}
