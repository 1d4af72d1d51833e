using System.Diagnostics;
using System.Globalization;
using CartRecovery.Bench.Serving;
using CartRecovery.Bench.Stages;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Bench.Training;

/// <summary>
/// The <c>beside</c> command: what training costs the hot path. Events come at a fixed rate; a slab's time counts from when it was due. Rounds without a
/// training and rounds with one, on its thread of the lowest priority, take turns.
/// </summary>
static class BesideCommand
{
    const string Usage = "beside [--rows 1000000] [--columns 40] [--rate 50000] [--workers 1] [--rounds 3]";

    static readonly TimeSpan s_round = TimeSpan.FromSeconds(20);

    static readonly BoostedTreesOptions s_trees = new() { Count = 100, Depth = 4, LearningRate = 0.1, MaxBins = 256 };

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>beside</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (args.Length % 2 != 0 || !Number("--rows", 1_000_000, 10_000_000, out var rows) || !Number("--columns", 40, 200, out var columns) || columns < 10
            || !Number("--rate", 50_000, 10_000_000, out var rate) || !Number("--workers", 1, 64, out var workers) || !Number("--rounds", 3, 100, out var rounds))
        {
            Console.Error.WriteLine($"Usage: {Usage}");
            return 2;
        }

        using var fixture = new StageFixture();
        using var load = new ServingLoad(fixture, workers);
        var set = TrainData.Synthetic(rows, columns, 1);
        load.Run(TimeSpan.FromSeconds(2));
        Console.WriteLine(Invariant($"{rows:N0} rows of {columns} columns beside {rate:N0} events/s, {workers} worker(s), {Environment.ProcessorCount} processors"));
        var (alone, beside) = (new Load.Durations(), new Load.Durations());
        for (var round = 0; round < rounds; round++)
        {
            var (events, slabs) = load.Run(s_round, rate);
            Print("alone", events, s_round, slabs);
            alone.Add(slabs);

            var watch = Stopwatch.StartNew();
            var training = TrainingRun.InBackgroundAsync(() => BoostedTrees.Fit(set, s_trees, 1), CancellationToken.None);
            (events, slabs) = (0, new Load.Durations());
            while (!training.IsCompleted)
            {
                var some = load.Run(TimeSpan.FromSeconds(1), rate);
                events += some.Events;
                slabs.Add(some.Slabs);
            }

            var trees = (await training).Count;
            Print($"{trees} trees", events, watch.Elapsed, slabs);
            beside.Add(slabs);
        }

        Console.WriteLine(Invariant($"p99 beside a training, of that alone: {beside.Quantile(0.99) / (double)alone.Quantile(0.99):0.00}"));
        return 0;

        bool Number(string name, int otherwise, int most, out int value)
            => int.TryParse(values.GetValueOrDefault(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture, out value) && value >= 1 && value <= most;
    }

    static void Print(string what, long events, TimeSpan took, Load.Durations slabs) => Console.WriteLine(Invariant(
        $"{what,12}: {took.TotalSeconds,6:0.0} s, {events / took.TotalSeconds,9:N0} events/s, a slab of 128: p50 {slabs.Quantile(0.5) / 1000.0,7:0.0} µs, p99 {slabs.Quantile(0.99) / 1000.0,7:0.0} µs, p99.9 {slabs.Quantile(0.999) / 1000.0,7:0.0} µs"));

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
