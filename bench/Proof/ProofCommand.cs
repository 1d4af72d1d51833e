using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>The <c>proof</c> command: builds the binaries, measures everything and writes the table.</summary>
static class ProofCommand
{
    const string Usage = "proof [--quick] [--out FILE]: FILE is bench/RESULTS.md by default, and artifacts/RESULTS.quick.md with --quick; JSON beside it";

    static readonly string s_engine = SourceTree.PathOf("artifacts/native/publish/Host/release/cartrecovery");

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>proof</c>.</param>
    /// <returns>The exit code: 0 if the table was written, even if targets are missed.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var plan = ProofPlan.Full;
        string? path = null;
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--quick")
            {
                plan = ProofPlan.QuickCheck;
            }
            else if (args[i] == "--out" && i + 1 < args.Length)
            {
                path = Path.GetFullPath(args[++i]);
            }
            else
            {
                await Console.Error.WriteLineAsync(Usage);
                return 2;
            }
        }

        path ??= SourceTree.PathOf(plan.Quick ? "artifacts/RESULTS.quick.md" : "bench/RESULTS.md");
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var report = await MeasureAsync(plan, Console.Out, stop.Token);
            var page = ProofMarkdown.Of(report);
            await File.WriteAllTextAsync(path, page, stop.Token);
            await File.WriteAllTextAsync(Path.ChangeExtension(path, ".json"), JsonSerializer.Serialize(report, ProofJson.Default.ProofReport) + "\n", stop.Token);
            Console.WriteLine($"\n{page}\nwritten to {path}");
            return 0;
        }
        catch (Exception failed) when (failed is LoadException or IOException or UnauthorizedAccessException || stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync(stop.IsCancellationRequested ? "stopped: nothing was written" : failed.Message);
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    static async Task<ProofReport> MeasureAsync(ProofPlan plan, TextWriter output, CancellationToken stop)
    {
        var machine = await Machine.DescribeAsync(stop);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"about {plan.Length.TotalMinutes:F0} minutes plus the builds; keep the machine idle meanwhile"));
        await BuildAsync(output, stop);

        var failures = new List<string>();
        var throughput = new List<ThroughputRow>();
        foreach (var scenario in Scenario.All)
        {
            await TryAsync(async () => throughput.AddRange(await ThroughputRun.RunAsync(scenario, plan, s_engine, output, stop)));
        }

        LatencyResult? latency = null;
        IReadOnlyList<CartsRow> carts = [];
        IReadOnlyList<StageRow> stages = [];
        await TryAsync(async () => latency = await LatencyRun.RunAsync(plan, s_engine, output, stop));
        await TryAsync(async () => carts = await CartsRun.RunAsync(plan, s_engine, output, stop));
        await TryAsync(async () => stages = await StagesRun.RunAsync(plan, output, stop));
        return new ProofReport
        {
            Quick = plan.Quick,
            Machine = machine,
            Throughput = throughput,
            Latency = latency,
            Carts = carts,
            Stages = stages,
            Targets = Targets.Of(throughput, latency, carts),
            Failures = failures,
        };

        // A failure is reported in the table; the other measurements continue.
        async Task TryAsync(Func<Task> measure)
        {
            try
            {
                await measure();
            }
            catch (Exception failed) when ((failed is LoadException or IOException or HttpRequestException) && !stop.IsCancellationRequested)
            {
                failures.Add(failed.Message);
                await output.WriteLineAsync($"  FAILED: {failed.Message}");
            }
        }
    }

    static async Task BuildAsync(TextWriter output, CancellationToken stop)
    {
        await output.WriteLineAsync("building the native engine");
        await Shell.RunAsync("dotnet", ["publish", "engine/Host", "-c", "Release", "-p:Native=true"], stop);
        await output.WriteLineAsync("building the stage timer, native and JIT");
        await Shell.RunAsync("dotnet", ["publish", "bench/StagesNative", "-c", "Release", "-p:Native=true"], stop);
        await Shell.RunAsync("dotnet", ["build", "bench/StagesNative", "-c", "Release"], stop);
    }
}
