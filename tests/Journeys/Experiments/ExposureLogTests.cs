using System.Text;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;
using CartRecovery.Tests.ControlPlane.Experiments;
using CartRecovery.Tests.Support;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Journeys.Experiments;

/// <summary>Who was in a variant stays in it, whatever becomes of the weights.</summary>
public sealed class ExposureLogTests
{
    [FsCheck.NUnit.Property(MaxTest = 40)]
    public FsCheck.Property A_change_of_weights_moves_nobody_who_was_assigned_also_after_a_restart() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => KeepsAsync(new Random(seed)).GetAwaiter().GetResult());

    static async Task<bool> KeepsAsync(Random random)
    {
        using var scratch = new Scratch();
        var experiment = ExperimentSamples.Of([1, 1]);
        var assigned = new Dictionary<string, string>();
        for (var run = 0; run < 3; run++)
        {
            using var store = new JourneyStore(scratch.PathOf("journeys.db"));
            await using var log = LogOf(store);
            for (var step = 0; step < 60; step++)
            {
                switch (random.Next(12))
                {
                    case 0 when experiment.Allocations.Count < ExperimentStore.MaxAllocations:
                        experiment = experiment with { Allocations = [.. experiment.Allocations, new Allocation(0, [random.Next(4), random.Next(1, 4)])] };
                        break;
                    case 1:
                        await log.FlushAsync();
                        break;
                    default:
                        var key = $"customer-{random.Next(60)}";
                        var (variant, reason) = log.Assign(experiment, key, SubjectOf(key));
                        var expected = assigned.TryGetValue(key, out var before) ? before : experiment.VariantOf(experiment.Draw(key), experiment.Allocation);
                        if ((variant, reason) != (expected, FlagReason.Split))
                        {
                            return false;
                        }

                        assigned[key] = variant;
                        break;
                }
            }

            await log.DrainAsync();
        }

        return assigned.Count > 20;
    }

    [Test]
    public async Task Beyond_its_bound_an_experiment_assigns_nobody_else_and_who_was_assigned_stays()
    {
        using var scratch = new Scratch();
        using var store = new JourneyStore(scratch.PathOf("journeys.db"));
        var table = new ExposureTable(store.Database, mostOfExperiment: 3);
        await using var log = new ExposureLog(store, work =>
        {
            work(store);
            return Task.FromResult(table.Full);
        }, TimeProvider.System);
        var experiment = ExperimentSamples.Of([0, 1]);
        table.Add([.. Enumerable.Range(0, 3).Select(i => new Exposure("demo", experiment.Id, SubjectOf($"c{i}"), "b", 0, At: 1))]);
        log.Assign(experiment, "c0", SubjectOf("c0"));
        await log.FlushAsync();
        Assert.That(log.Assign(experiment, "c9", SubjectOf("c9")), Is.EqualTo(new FlagEvaluation("a", FlagReason.Default)));
        Assert.That(log.Assign(experiment, "c2", SubjectOf("c2")), Is.EqualTo(new FlagEvaluation("b", FlagReason.Split)));
        Assert.That(table.Delete("demo", experiment.Id));
        Assert.That(table.Full, Is.Empty);
    }

    [Test]
    public void A_store_leaves_room_for_others()
    {
        using var scratch = new Scratch();
        using var store = new JourneyStore(scratch.PathOf("journeys.db"));
        var table = new ExposureTable(store.Database, mostOfAll: 10);
        Add("one", "x", 7);
        Assert.That(table.Full, Is.Empty);
        Add("one", "x", 8);
        Assert.That(table.Full, Is.EqualTo(new[] { "x" }), "a fifth is for others");
        Add("two", "y", 1);
        Assert.That(table.Full, Is.EqualTo(new[] { "x" }));
        Assert.That(new ExposureTable(store.Database, mostOfAll: 10).Full, Is.EqualTo(new[] { "x" }), "after a restart");
        Add("two", "y", 2);
        Assert.That(table.Full, Is.EqualTo(new[] { "x", "y" }), "all are");
        Assert.That(table.Delete("one", "x"));
        Assert.That(table.Full, Is.Empty);

        void Add(string of, string experiment, int count) =>
            table.Add([.. Enumerable.Range(0, count).Select(i => new Exposure(of, experiment, SubjectOf($"c{i}"), "b", 0, At: 1))]);
    }

    [Test]
    public void A_bot_is_not_in_the_results()
    {
        using var scratch = new Scratch();
        using var shop = new JourneyFixture([JourneyFixture.Series(JourneyFixture.Step("socket"))], path: scratch.PathOf("journeys.db"));
        shop.Decide("c1", "robot", bot: BotEvidence.Timing);
        shop.Decide("c2", "person");
        shop.Decide("c3", "both", bot: BotEvidence.Timing);
        shop.Decide("c4", "both");
        shop.It.Store.Exposures.Add([.. new[] { "robot", "person", "both", "other" }.Select(user => new Exposure("shop", "x", JourneyFixture.Customer(user), "b", 0, At: 1))]);
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        Assert.That(ExperimentReport.Of(reports, "shop", "EUR", ExchangeRates.None, "x", 0).Single().Spending.Customers, Is.EqualTo(3));
    }

    [Test]
    public async Task An_assigned_subject_is_found_and_a_lookup_assigns_nobody()
    {
        using var scratch = new Scratch();
        using var store = new JourneyStore(scratch.PathOf("journeys.db"));
        await using var log = LogOf(store);
        var experiment = ExperimentSamples.Of([0, 1]);
        Assert.That((log.Find(experiment, SubjectOf("c0")), log.Depth), Is.EqualTo(((string?)null, 0)));
        log.Assign(experiment, "c0", SubjectOf("c0"));
        Assert.That(log.Find(experiment, SubjectOf("c0")), Is.EqualTo("b"), "it waits");
        await log.FlushAsync();
        Assert.That(log.Find(experiment, SubjectOf("c0")), Is.EqualTo("b"), "it is stored");
    }

    [Test]
    public async Task A_subject_who_cannot_be_recorded_is_not_assigned()
    {
        using var scratch = new Scratch();
        using var store = new JourneyStore(scratch.PathOf("journeys.db"));
        await using var log = new ExposureLog(store, _ => throw new IOException("the disk is full"), TimeProvider.System);
        var experiment = ExperimentSamples.Of([0, 1]);
        for (var i = 0; i < ExposureLog.Capacity; i++)
        {
            log.Assign(experiment, $"c{i}", SubjectOf($"c{i}"));
        }

        Assert.That(log.Assign(experiment, "more", SubjectOf("more")), Is.EqualTo(new FlagEvaluation("a", FlagReason.Default)));
        Assert.That(log.Assign(experiment, "c7", SubjectOf("c7")).Variant, Is.EqualTo("b"), "who waits to be recorded stays");
        Assert.That((log.Dropped, log.Depth), Is.EqualTo((1, ExposureLog.Capacity)));
    }

    static ExposureLog LogOf(JourneyStore store) => new(store, work => Task.FromResult(work(store)), TimeProvider.System);

    static Hash128 SubjectOf(string key) => Hash128.Of(Encoding.UTF8.GetBytes(key), seed: 1);
}
