using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Stores;

/// <summary>A web address that exchange rates are fetched from.</summary>
public sealed class ExchangeRatesSourceConfig
{
    [JsonRequired]
    [ConfigKey("The address: http or https. Its answer is JSON as in exchangeRatesFile, at most 64 KB; redirections are not followed.",
        Example = "https://rates.example/latest?base=EUR")]
    public string Url { get; set; } = "";

    [ConfigKey("A header of the request, as the source's key wants it. Default: none.", IsSecret = true,
        Example = "\"X-Api-Key: ${RATES_KEY}\"")]
    public string? Header { get; set; }

    [ConfigKey("The time between two fetches. After a failure the rates in force stay, and the fetch is repeated after a minute; "
        + "after three intervals without an answer /health is degraded.", Min = "1m", Max = "7d")]
    public Duration Interval { get; set; } = Duration.FromHours(1);

    [ConfigKey("The time for an answer.", Min = "100ms", Max = "1m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(10);

    /// <summary>Splits <see cref="Header"/> into a name and a value.</summary>
    /// <returns><see langword="null"/> if it is none.</returns>
    public (string Name, string Value)? ParseHeader()
    {
        var header = Header ?? "";
        var colon = header.IndexOf(':', StringComparison.Ordinal);
        var isName = colon > 0 && !header.AsSpan(0, colon).ContainsAnyExceptInRange('!', '~');
        return isName && !header.AsSpan().ContainsAnyExceptInRange(' ', '~') ? (header[..colon], header[(colon + 1)..].Trim()) : null;
    }
}
