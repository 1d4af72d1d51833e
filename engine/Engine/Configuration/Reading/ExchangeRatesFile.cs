using CartRecovery.Primitives.Files;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Loads the file of exchange rates that a configuration names, and reports its problems at their places in it.</summary>
static class ExchangeRatesFile
{
    /// <summary>Adds the file's rates to the section, whose own take precedence.</summary>
    /// <param name="config">The configuration, bound and with its folder.</param>
    /// <param name="path">The configuration's file, as it appears in problems.</param>
    /// <param name="locations">Its locations.</param>
    /// <param name="problems">Receives the problems.</param>
    public static void Load(CartRecoveryConfig config, string path, ConfigLocations locations, ConfigProblems problems)
    {
        var decisions = config.Decisions;
        if (decisions.ExchangeRatesFile is not { } name || !locations.Bound(decisions, "exchangeRatesFile"))
        {
            return;
        }

        var (at, named) = (locations.Of(decisions, "exchangeRatesFile"), Path.Combine(Path.GetDirectoryName(path) ?? "", name));
        var rates = new Dictionary<string, double>(StringComparer.Ordinal);
        try
        {
            var file = Path.Combine(config.Folder, name);
            RegularFile.Check(file);
            if (new FileInfo(file).Length > ExchangeRatesJson.MaxSize)
            {
                problems.Add(at, $"'{name}' is longer than {ExchangeRatesJson.MaxSize / 1024} KB");
                return;
            }

            foreach (var problem in ExchangeRatesJson.Read(File.ReadAllBytes(file), rates))
            {
                problems.Add(named, new SourceLocation(problem.Line, problem.Column), problem.Message);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problems.Add(at, $"'{name}' cannot be read: {e.Message}");
        }

        foreach (var (currency, worth) in rates)
        {
            decisions.ExchangeRates.TryAdd(currency, worth);
        }
    }
}
