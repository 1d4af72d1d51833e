using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// Acknowledged events survive all faults of disks, clocks and the readers' databases, over 200 seeds, or <c>CARTRECOVERY_SIM_SEEDS</c> of them from
/// <c>CARTRECOVERY_SIM_FROM</c>, or the single <c>CARTRECOVERY_SIM_SEED</c>. With <c>CARTRECOVERY_SIM_TWICE=1</c> each seed runs twice, and must do the same.
/// </summary>
[Category("Simulation")]
public sealed class SimulationTests
{
    const int Shown = 10;

    [Test]
    public void Acknowledged_events_are_never_lost_or_counted_twice()
    {
        var one = Number("CARTRECOVERY_SIM_SEED");
        var first = one ?? Number("CARTRECOVERY_SIM_FROM") ?? 1;
        var last = one ?? first - 1 + (Number("CARTRECOVERY_SIM_SEEDS") ?? 200);
        var isTwice = Number("CARTRECOVERY_SIM_TWICE") == 1;
        var next = first - 1;
        var watch = Stopwatch.StartNew();
        var failures = new ConcurrentBag<(int Seed, string Reason)>();
        var sums = new ConcurrentBag<SimulationTotals>();

        // Dedicated threads, since a simulation waits for the engine's thread-pool work.
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            for (int seed; (seed = Interlocked.Increment(ref next)) <= last && failures.Count < Shown;)
            {
                try
                {
                    var (totals, trace) = Run(seed);
                    if (isTwice && Difference(trace, Run(seed).Trace) is { } difference)
                    {
                        failures.Add((seed, $"not deterministic: {difference}"));
                    }

                    sums.Add(totals);
                }
                catch (Exception e)
                {
                    failures.Add((seed, e is SimulationException ? e.Message : e.ToString()));
                }
            }
        })).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        var done = 0;
        foreach (var thread in threads)
        {
            while (!thread.Join(TimeSpan.FromMinutes(1)))
            {
                if (sums.Count > done)
                {
                    done = sums.Count;
                    HangGuardAttribute.ReportProgress();
                }
            }
        }

        TestContext.Out.WriteLine(
            $"{sums.Count} seeds, {sums.Count / watch.Elapsed.TotalSeconds:F1} a second: {sums.Sum(s => s.Lives)} lives, {sums.Sum(s => s.Events)} events, {sums.Sum(s => s.Decisions)} decisions, "
            + $"{sums.Sum(s => s.Faults)} faults, {sums.Sum(s => s.Torn)} torn ends, {sums.Sum(s => s.FromCheckpoint)} starts from a checkpoint, "
            + $"{sums.Sum(s => s.Damages)} damaged journals, "
            + $"{sums.Sum(s => s.Jumps)} jumps of the clock, {sums.Sum(s => s.Refused)} refused commits");
        if (one is null && failures.IsEmpty)
        {
            Assert.That(sums.Sum(s => s.Jumps) > 0 && sums.Sum(s => s.Refused) > 0 && sums.Sum(s => s.Torn) > 0, "each kind of fault had a turn");
        }

        Assert.That(failures.OrderBy(f => f.Seed).Select(f => $"CARTRECOVERY_SIM_SEED={f.Seed} dotnet test tests --filter Category=Simulation: {f.Reason}"), Is.Empty);
    }

    [Test]
    public void A_seed_is_deterministic([Values(1, 2, 3)] int seed) => Assert.That(Difference(Run(seed).Trace, Run(seed).Trace), Is.Null);

    static (SimulationTotals Totals, string[] Trace) Run(int seed)
    {
        using var simulation = new Simulation(seed);
        var totals = simulation.Run();
        return (totals, [totals.ToString(), .. simulation.Trace()]);
    }

    // The first line that differs.
    static string? Difference(string[] one, string[] other) =>
        one.SequenceEqual(other, StringComparer.Ordinal) ? null
        : one.Zip(other).Where(line => line.First != line.Second).Select(line => $"'{line.First}', then '{line.Second}'").FirstOrDefault()
            ?? $"{one.Length} lines, then {other.Length}";

    static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
