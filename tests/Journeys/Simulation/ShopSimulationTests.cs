using System.Diagnostics;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Journeys.Simulation;

/// <summary>
/// Simulates shops for three weeks in virtual time: no message violates a rule, and the reported incremental revenue is the actual one.
/// <c>CARTRECOVERY_SHOPPERS</c> sets the number of shoppers of the large run, <c>CARTRECOVERY_SHOP_SEED</c> its seed.
/// </summary>
[Category("Simulation")]
[Parallelizable]
public sealed class ShopSimulationTests
{
    const int Seeds = 100, ShoppersEach = 300;

    [Test]
    public void No_message_violates_a_rule_and_every_withheld_one_has_a_reason()
    {
        var clock = Stopwatch.StartNew();
        using var simulation = new ShopSimulation(Number("CARTRECOVERY_SHOP_SEED") ?? 3, Number("CARTRECOVERY_SHOPPERS") ?? 10_000, SimulatedWorld.Stores,
            Path.Combine(TestStages.NewFolder(), "outreach.db"));
        simulation.Run();
        TestContext.Out.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s, {simulation.Decisions} decisions");
        TestContext.Out.WriteLine("sent: " + Words(simulation.Sent));
        TestContext.Out.WriteLine("withheld: " + Words(simulation.Withheld));
        foreach (var (store, reported, truth) in simulation.Revenue)
        {
            TestContext.Out.WriteLine($"{store}: {reported.Revenue:F0} ({reported.Low:F0} to {reported.High:F0}), truly {truth:F0}");
        }

        Assert.That(simulation.Faults, Is.Empty);

        // Guards against a simulation that exercises nothing.
        Assert.That(simulation.Sent.Keys, Is.EquivalentTo(new[] { "socket", "mail", "texts", "app" }));
        Assert.That(simulation.Withheld.Keys, Is.SupersetOf(new[]
        {
            "holdout", "control", "in_campaign", "reentry", "purchased", "no_address", "suppressed", "no_consent", "consent_denied", "consent_expired",
            "frequency_cap", "unreachable", "failed", "rejected", "bounced", "cart_taken_over",
        }));
    }

    [Test]
    public void The_revenue_bounds_cover_the_truth_in_95_of_100_seeds()
    {
        var folder = TestStages.NewFolder();
        var (held, runs, faults) = (0, new (double Error, double True)[Seeds], new List<string>());
        var gate = new Lock();
        Parallel.For(0, Seeds, seed =>
        {
            var path = Path.Combine(folder, $"{seed}.db");
            using (var simulation = new ShopSimulation(seed + 1000, ShoppersEach, [SimulatedWorld.Stores[seed % SimulatedWorld.Stores.Count]], path))
            {
                simulation.Run();
                var (_, reported, truth) = simulation.Revenue.Single();
                lock (gate)
                {
                    faults.AddRange(simulation.Faults.Select(f => $"seed {seed + 1000}: {f}"));
                    held += reported.Low <= truth && truth <= reported.High ? 1 : 0;
                    runs[seed] = (reported.Revenue!.Value - truth, truth);
                }
            }

            foreach (var file in Directory.GetFiles(folder, $"{seed}.db*"))
            {
                File.Delete(file);
            }
        });

        var (bias, truths) = (runs.Average(r => r.Error), runs.Average(r => r.True));
        var spread = Math.Sqrt(runs.Sum(r => (r.Error - bias) * (r.Error - bias)) / (Seeds - 1));
        TestContext.Out.WriteLine(
            $"the bounds cover the true value in {held} of {Seeds} seeds; true mean {truths:F0}, bias {bias:+0;-0} ± {1.96 * spread / Math.Sqrt(Seeds):F0}");
        Assert.That(faults, Is.Empty);
        Assert.That(truths, Is.Positive);

        // The range of 100 draws at 95% in 997 of 1000 cases.
        Assert.That(held, Is.InRange(88, 99));
    }

    [TestCase(DisabledRule.None, "")]
    [TestCase(DisabledRule.QuietHours, "comes in quiet hours")]
    [TestCase(DisabledRule.BusinessHours, "comes out of business hours")]
    [TestCase(DisabledRule.Caps, "is over the cap")]
    [TestCase(DisabledRule.Consent, "goes out without consent")]
    [TestCase(DisabledRule.FirstMessage, "comes too soon")]
    [TestCase(DisabledRule.Purchases, "comes after a purchase")]
    [TestCase(DisabledRule.Addresses, "goes to someone else: thief@x.example")]
    public void A_disabled_rule_is_detected(DisabledRule disabled, string fault)
    {
        using var simulation = new ShopSimulation(6, 1500, SimulatedWorld.Stores, Path.Combine(TestStages.NewFolder(), "outreach.db"), disabled);
        simulation.Run();
        if (disabled == DisabledRule.None)
        {
            Assert.That(simulation.Faults, Is.Empty);
        }
        else
        {
            Assert.That(simulation.Faults, Has.Some.Contains(fault));
        }
    }

    [Test]
    public void A_seed_is_deterministic()
    {
        var first = Run();
        Assert.That(Run(), Is.EqualTo(first));

        static string Run()
        {
            using var simulation = new ShopSimulation(7, 500, SimulatedWorld.Stores, Path.Combine(TestStages.NewFolder(), "outreach.db"));
            simulation.Run();
            return $"{Words(simulation.Sent)} / {Words(simulation.Withheld)} / {string.Join(' ', simulation.Revenue)}";
        }
    }

    static string Words(Dictionary<string, long> counts) =>
        $"{counts.Values.Sum()} ({string.Join(", ", counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Select(c => $"{c.Key} {c.Value}"))})";

    static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;
}
