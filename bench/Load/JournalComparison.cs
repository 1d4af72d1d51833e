using System.Globalization;

namespace CartRecovery.Bench.Load;

/// <summary>
/// Measures the journal's cost: the same load at full rate against engines with and without it, in alternating rounds, so that other
/// activity affects both.
/// </summary>
static class JournalComparison
{
    const int Rounds = 3;

    /// <summary>Runs it.</summary>
    /// <param name="options">The load's options; its target is set here.</param>
    /// <param name="output">Receives progress and the result.</param>
    /// <param name="stop">Stops the run early.</param>
    /// <returns>Whether every run accounted for every event.</returns>
    public static async Task<bool> RunAsync(LoadOptions options, TextWriter output, CancellationToken stop)
    {
        var rates = (With: new List<double>(), Without: new List<double>());
        var passed = true;
        for (var round = 0; round < Rounds && !stop.IsCancellationRequested; round++)
        {
            foreach (var enabled in new[] { false, true })
            {
                using var engine = new EngineProcess(options.CompareJournal!, $"journal: {{ enabled: {(enabled ? "true" : "false")} }}");
                await engine.StartAsync();
                options.Url = engine.Url;
                options.Metrics = engine.Metrics;
                var report = await LoadRun.RunAsync(options, TextWriter.Null, colour: false, stop);
                await engine.StopAsync();
                var rate = report.Acked / report.Seconds;
                (enabled ? rates.With : rates.Without).Add(rate);
                passed &= report.Passed;
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"journal {(enabled ? "on " : "off")}  {rate,11:N0} events/s acknowledged, p99 {report.AckLatency.P99,6:N1} ms, {(report.Passed ? "none lost" : "NOT ALL ACCOUNTED FOR")}"));
            }
        }

        var (with, without) = (Median(rates.With), Median(rates.Without));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"medians: {with:N0} with the journal, {without:N0} without: {with / without:P0}"));
        return passed;
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
