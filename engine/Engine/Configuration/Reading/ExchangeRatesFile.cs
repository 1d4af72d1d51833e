using System.Text.Json;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>
/// Reads a file of exchange rates: what a unit of each currency is worth, or, as public sources write it, what a base is in each.
/// </summary>
static class ExchangeRatesFile
{
    const int MaxSize = 64 * 1024;

    /// <summary>Reads the file into the section, where the section's own rates take precedence.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rates">Receives the rates.</param>
    /// <returns>What is wrong with it, or <see langword="null"/>.</returns>
    public static string? Read(string path, Dictionary<string, double> rates)
    {
        try
        {
            if (new FileInfo(path).Length > MaxSize)
            {
                return $"'{path}' is longer than {MaxSize / 1024} KB";
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("rates", out var quotes) && root.TryGetProperty("base", out var unit)
                && quotes.ValueKind == JsonValueKind.Object && unit.ValueKind == JsonValueKind.String)
            {
                rates.TryAdd(unit.GetString()!, 1);
                return Add(quotes, path, rates, quote => 1 / quote);
            }

            return Add(root, path, rates, worth => worth);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or JsonException)
        {
            return $"'{path}' cannot be read: {e.Message}";
        }
    }

    static string? Add(JsonElement found, string path, Dictionary<string, double> rates, Func<double, double> worthOf)
    {
        if (found.ValueKind != JsonValueKind.Object)
        {
            return $"'{path}' must be a JSON object of currencies and numbers";
        }

        foreach (var rate in found.EnumerateObject())
        {
            if (rate.Value.ValueKind != JsonValueKind.Number || rate.Value.GetDouble() is not (> 0 and < 1e12 and var number))
            {
                return $"the rate of '{rate.Name}' in '{path}' must be a number above 0";
            }

            rates.TryAdd(rate.Name, worthOf(number));
        }

        return null;
    }
}
