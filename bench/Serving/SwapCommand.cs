using System.Globalization;
using CartRecovery.Bench.Stages;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;

namespace CartRecovery.Bench.Serving;

/// <summary>
/// The <c>swap</c> command: exchanges the model many times while a worker scores flat out. Each is loaded from its file, compiled and checked, like one
/// that a shop deploys. Rounds with exchanges and rounds without take turns.
/// </summary>
static class SwapCommand
{
    const string Usage = "swap [--swaps 1000] [--rounds 4] [--workers 1]";

    static readonly TimeSpan s_round = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>swap</c>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!int.TryParse(values.GetValueOrDefault("--swaps", "1000"), CultureInfo.InvariantCulture, out var swaps) || swaps is < 1 or > 100_000
            || !int.TryParse(values.GetValueOrDefault("--rounds", "4"), CultureInfo.InvariantCulture, out var rounds) || rounds is < 1 or > 100
            || !int.TryParse(values.GetValueOrDefault("--workers", "1"), CultureInfo.InvariantCulture, out var workers) || workers is < 1 or > 64)
        {
            Console.Error.WriteLine($"Usage: {Usage}");
            return 2;
        }

        using var fixture = new StageFixture();
        using var load = new ServingLoad(fixture, workers);
        load.Run(s_round);
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        var resident = Environment.WorkingSet;
        Console.WriteLine(Invariant($"{workers} worker(s), {swaps} exchanges in {rounds} rounds of {s_round.TotalSeconds:0} s or more"));
        var (former, done) = (new List<OnnxModel>(), 0);
        var scored = new List<ModelTraffic>();
        for (var round = 1; round <= rounds; round++)
        {
            Print("without", load.Run(s_round), s_round);
            var until = swaps * round / rounds;
            var began = TimeProvider.System.GetTimestamp();
            var exchange = Task.Run(() =>
            {
                while (done < until)
                {
                    Swap(fixture, former, scored, workers);
                    done++;
                }
            });
            var (events, slabs) = (0L, new Load.Durations());
            do
            {
                var some = load.Run(TimeSpan.FromSeconds(1));
                events += some.Events;
                slabs.Add(some.Slabs);
            }
            while (!exchange.IsCompleted);
            exchange.GetAwaiter().GetResult();
            Print($"{done} done", (events, slabs), TimeProvider.System.GetElapsedTime(began));
        }

        load.Run(TimeSpan.FromSeconds(1));
        var failures = scored.Sum(traffic => traffic.Failures);
        Console.WriteLine(Invariant($"{scored.Count(traffic => traffic.Rows > 0)} of {scored.Count} models scored {scored.Sum(traffic => traffic.Rows):N0} rows, {failures} runs failed; managed memory {memory >> 10:N0} KB before, {GC.GetTotalMemory(forceFullCollection: true) >> 10:N0} KB after; resident {resident >> 20:N0} MB before, {Environment.WorkingSet >> 20:N0} MB after"));
        former.ForEach(model => model.Dispose());
        return failures == 0 ? 0 : 1;
    }

    static void Swap(StageFixture fixture, List<OnnxModel> former, List<ModelTraffic> scored, int workers)
    {
        var model = OnnxModel.Load(fixture.ModelPath, FeatureTable.Names);
        model.Prepare(workers, fixture.Options.BatchRows);
        var served = new ServedModel(model, ServingPlan.ChampionAlias);
        fixture.Options.Campaigns = fixture.CampaignsWith(new ServingPlan(served));
        scored.Add(served.Traffic);
        former.Add(model);
        if (former.Count == 2)
        {
            former[0].Dispose();
            former.RemoveAt(0);
        }
    }

    static void Print(string what, (long Events, Load.Durations Slabs) result, TimeSpan took) => Console.WriteLine(Invariant(
        $"{what,12}: {result.Events / took.TotalSeconds,12:N0} events/s, a slab of 128: p50 {result.Slabs.Quantile(0.5) / 1000.0,7:0.0} µs, p99 {result.Slabs.Quantile(0.99) / 1000.0,7:0.0} µs, p99.9 {result.Slabs.Quantile(0.999) / 1000.0,7:0.0} µs"));

    static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
