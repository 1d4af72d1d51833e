namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Reads a file of exchange rates: <see cref="ExchangeRatesJson"/>.</summary>
static class ExchangeRatesFile
{
    /// <summary>Reads the file into the section, where the section's own rates take precedence.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rates">Receives the rates.</param>
    /// <returns>What is wrong with it, or <see langword="null"/>.</returns>
    public static string? Read(string path, Dictionary<string, double> rates)
    {
        try
        {
            return new FileInfo(path).Length > ExchangeRatesJson.MaxSize ? $"'{path}' is longer than {ExchangeRatesJson.MaxSize / 1024} KB"
                : ExchangeRatesJson.Read(File.ReadAllBytes(path), $"'{path}'", rates);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"'{path}' cannot be read: {e.Message}";
        }
    }
}
