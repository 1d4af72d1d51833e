using System.Text.Json;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Reads exchange rates: what a unit of each currency is worth, or, as public sources write it, what a base is in each.</summary>
public static class ExchangeRatesJson
{
    /// <summary>The longest text, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>The most rates.</summary>
    public const int MaxRates = 400;

    const double MaxWorth = 1e12;

    /// <summary>Adds the rates to others, which take precedence.</summary>
    /// <param name="json">The text, in UTF-8.</param>
    /// <param name="source">Names it in messages.</param>
    /// <param name="rates">Receives the rates.</param>
    /// <returns>What is wrong with it, or <see langword="null"/>.</returns>
    public static string? Read(ReadOnlyMemory<byte> json, string source, Dictionary<string, double> rates)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("rates", out var quotes) && root.TryGetProperty("base", out var unit)
                && quotes.ValueKind == JsonValueKind.Object && unit.ValueKind == JsonValueKind.String)
            {
                rates.TryAdd(unit.GetString()!, 1);
                return Add(quotes, source, rates, quote => 1 / quote);
            }

            return Add(root, source, rates, worth => worth);
        }
        catch (JsonException e)
        {
            return $"{source} cannot be read: {e.Message}";
        }
    }

    static string? Add(JsonElement found, string source, Dictionary<string, double> rates, Func<double, double> worthOf)
    {
        if (found.ValueKind != JsonValueKind.Object)
        {
            return $"{source} must be a JSON object of currencies and numbers";
        }

        foreach (var rate in found.EnumerateObject())
        {
            if (rate.Value.ValueKind != JsonValueKind.Number || !rate.Value.TryGetDouble(out var number)
                || number is not (> 0 and < MaxWorth))
            {
                return $"the rate of '{rate.Name}' in {source} must be a number above 0";
            }

            if (rates.Count == MaxRates && !rates.ContainsKey(rate.Name))
            {
                return $"{source} has more than {MaxRates} rates";
            }

            rates.TryAdd(rate.Name, worthOf(number));
        }

        return null;
    }
}
