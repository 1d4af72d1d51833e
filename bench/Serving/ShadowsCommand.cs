using System.Globalization;
using CartRecovery.Bench.Stages;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Bench.Serving;

/// <summary>
/// The <c>shadows</c> command: what two shadows, and a canary, cost the hot path flat out. Rounds of each take turns; the ratios are within a round.
/// The CPU time is that of all threads, with the shadows' own: what they take from a machine that is full.
/// </summary>
static class ShadowsCommand
{
    const string Usage = "shadows [--rounds 9] [--rate 0.2] [--workers 2] [--seconds 3]";

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>shadows</c>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!int.TryParse(values.GetValueOrDefault("--rounds", "9"), CultureInfo.InvariantCulture, out var rounds) || rounds is < 1 or > 1000
            || !double.TryParse(values.GetValueOrDefault("--rate", "0.2"), CultureInfo.InvariantCulture, out var rate) || rate is not (>= 0 and <= 1)
            || !double.TryParse(values.GetValueOrDefault("--seconds", "3"), CultureInfo.InvariantCulture, out var seconds) || seconds is not (> 0 and <= 600)
            || !int.TryParse(values.GetValueOrDefault("--workers", "2"), CultureInfo.InvariantCulture, out var workers) || workers is < 1 or > 64)
        {
            Console.Error.WriteLine($"Usage: {Usage}");
            return 2;
        }

        using var fixture = new StageFixture();
        using var load = new ServingLoad(fixture, workers);
        var champion = new ServedModel(fixture.Model, ServingPlan.ChampionAlias);
        ShadowModel[] shadows = [.. Enumerable.Range(1, 2).Select(i => new ShadowModel(new ServedModel(fixture.Model, ServingPlan.ShadowAlias, $"shadow-{i}"), rate))];
        (string Name, ServingPlan Plan)[] plans =
        [
            ("one model", new ServingPlan(champion)),
            (FormattableString.Invariant($"two shadows at {rate:0%}"), new ServingPlan(champion, shadows: [.. shadows])),
            ("a canary of 5%", new ServingPlan(champion, new CanaryModel(new ServedModel(fixture.Model, ServingPlan.CanaryAlias, "canary"), 5))),
        ];
        var present = plans[0].Plan;
        Exception? fault = null;
        using var thread = new ShadowThread(() => Volatile.Read(ref present), TimeProvider.System, e => fault = e);
        thread.Start();
        load.Run(TimeSpan.FromSeconds(3));
        var rates = plans.Select(_ => new List<double>()).ToArray();
        var costs = plans.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            // The order turns too, so that none is always first.
            for (var i = 0; i < plans.Length; i++)
            {
                var number = (i + round) % plans.Length;
                Volatile.Write(ref present, plans[number].Plan);
                fixture.Options.Campaigns = fixture.CampaignsWith(plans[number].Plan);
                load.Run(TimeSpan.FromSeconds(0.3));
                var before = Environment.CpuUsage.TotalTime;
                var events = load.Run(TimeSpan.FromSeconds(seconds)).Events;
                rates[number].Add(events / seconds);
                costs[number].Add((Environment.CpuUsage.TotalTime - before).TotalNanoseconds / events);
            }
        }

        for (var i = 0; i < plans.Length; i++)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"{plans[i].Name,24}: {Middle(rates[i]),12:N0} events/s, ratio {RatioOf(rates[i], rates[0])}; CPU {Middle(costs[i]):0} ns an event, ratio {RatioOf(costs[i], costs[0])}"));
        }

        foreach (var shadow in shadows)
        {
            var scored = shadow.Comparison.Snapshot();
            Console.WriteLine(FormattableString.Invariant(
                $"{shadow.Served.Id}: {scored.Rows:N0} rows scored, {shadow.Dropped:N0} dropped, largest difference {scored.LargestDifference}, {shadow.Served.Fault ?? "in use"}"));
        }

        return fault is null ? 0 : 1;
    }

    static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);

    static string RatioOf(List<double> values, List<double> alone)
    {
        double[] ratios = [.. values.Zip(alone, (some, one) => some / one).Order()];
        return FormattableString.Invariant($"{ratios[ratios.Length / 2]:0.000} ({ratios[0]:0.000} to {ratios[^1]:0.000})");
    }
}
