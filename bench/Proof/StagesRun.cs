using System.Globalization;
using System.Text.Json;

namespace CartRecovery.Bench.Proof;

/// <summary>
/// Measures the stages without a socket: native and JIT with the stage timer, and JIT with BenchmarkDotNet, which reports allocations.
/// </summary>
static class StagesRun
{
    /// <summary>The native binary of the stage timer.</summary>
    public static string Native => SourceTree.PathOf("artifacts/native/publish/StagesNative/release/CartRecovery.StagesNative");

    /// <summary>Its JIT build.</summary>
    public static string Jit => SourceTree.PathOf("artifacts/bin/StagesNative/release/CartRecovery.StagesNative");

    /// <summary>Runs the measurements.</summary>
    /// <param name="plan">The durations.</param>
    /// <param name="output">Receives progress.</param>
    /// <param name="stop">Stops the measurements.</param>
    public static async Task<IReadOnlyList<StageRow>> RunAsync(ProofPlan plan, TextWriter output, CancellationToken stop)
    {
        string[] quick = plan.Quick ? ["--quick"] : [];
        await output.WriteLineAsync("stages: native");
        var native = OfTimer(await Shell.RunAsync(Native, quick, stop));
        await output.WriteLineAsync("stages: JIT");
        var jit = OfTimer(await Shell.RunAsync(Jit, quick, stop));
        await output.WriteLineAsync("stages: BenchmarkDotNet");
        return Rows(native, jit, await BenchmarkDotNetAsync(plan.StageFilter, stop));
    }

    /// <summary>Parses the stage timer's lines: names and median nanoseconds per event.</summary>
    public static IReadOnlyDictionary<string, double> OfTimer(string lines) =>
        lines.Split('\n').Select(line => line.Split('\t')).Where(parts => parts.Length == 4)
            .ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>Parses BenchmarkDotNet's full JSON report: nanoseconds and allocated bytes per event, by the stage timer's names.</summary>
    public static IReadOnlyDictionary<string, (double Nanoseconds, double Bytes)> OfBenchmarkDotNet(string json)
    {
        using var report = JsonDocument.Parse(json);
        var rows = new Dictionary<string, (double, double)>(StringComparer.Ordinal);
        foreach (var benchmark in report.RootElement.GetProperty("Benchmarks").EnumerateArray())
        {
            if (benchmark.GetProperty("Statistics").ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            // A parameter is the number of events per call; benchmarks without one use OperationsPerInvoke.
            var parameter = benchmark.GetProperty("Parameters").GetString()!.Split('=')[^1];
            var events = parameter.Length > 0 ? double.Parse(parameter, CultureInfo.InvariantCulture) : 1;
            var name = benchmark.GetProperty("Type").GetString()!.Replace("Benchmarks", "", StringComparison.Ordinal) + "."
                + benchmark.GetProperty("Method").GetString() + (parameter.Length > 0 ? $"({parameter})" : "");
            rows[name] = (benchmark.GetProperty("Statistics").GetProperty("Median").GetDouble() / events,
                benchmark.GetProperty("Memory").GetProperty("BytesAllocatedPerOperation").GetDouble() / events);
        }

        return rows;
    }

    /// <summary>Joins the results, in the native binary's order.</summary>
    public static IReadOnlyList<StageRow> Rows(IReadOnlyDictionary<string, double> native, IReadOnlyDictionary<string, double> jit,
        IReadOnlyDictionary<string, (double Nanoseconds, double Bytes)> benchmarkDotNet) =>
    [
        .. native.Select(row => new StageRow(row.Key, row.Value, jit.TryGetValue(row.Key, out var time) ? time : null,
            benchmarkDotNet.TryGetValue(row.Key, out var detail) ? detail.Nanoseconds : null,
            benchmarkDotNet.TryGetValue(row.Key, out detail) ? detail.Bytes : null)),
    ];

    static async Task<IReadOnlyDictionary<string, (double Nanoseconds, double Bytes)>> BenchmarkDotNetAsync(string filter, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("cartrecovery-stages-").FullName;
        try
        {
            await Shell.RunAsync(Path.Combine(AppContext.BaseDirectory, "CartRecovery.Bench"),
                ["stages", "--filter", .. filter.Split(' '), "--exporters", "fulljson", "--artifacts", folder], stop);
            return Directory.EnumerateFiles(folder, "*-report-full.json", SearchOption.AllDirectories)
                .SelectMany(file => OfBenchmarkDotNet(File.ReadAllText(file))).ToDictionary(StringComparer.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
