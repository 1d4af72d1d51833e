using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;
using CartRecovery.Tests.Backtest;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.Datasets;

/// <summary>Builds data sets from a real shop's log, and from the journals of real partitions that recorded it.</summary>
public sealed class JournalDatasetTests
{
    static readonly TimeSpan s_horizon = TimeSpan.FromMinutes(30);

    static readonly long s_end = RecordedTraffic.Times.Last + 1;

    RecordedTraffic _traffic = null!;
    Scratch _scratch = null!;

    [OneTimeSetUp]
    public async Task Record()
    {
        _scratch = new Scratch();
        File.WriteAllLines(_scratch.PathOf("log.ndjson"), ShopLogSample.Events.Select(e => Encoding.UTF8.GetString(ShopLogSample.ToJson(e))));
        _traffic = await RecordedTraffic.RecordAsync(quiet: true, eventsARead: 20);
    }

    [OneTimeTearDown]
    public void Delete() => _scratch.Dispose();

    [Test]
    public void A_training_row_equals_feature_by_feature_the_row_that_was_scored_and_has_its_score()
    {
        var journals = _traffic.Journals().Select(journal => new JournalStream(journal)).ToArray();
        var rows = Collect(journals, new DatasetOptions { KnownUntil = long.MaxValue, RowsPerCart = int.MaxValue }, TimeRange.Everything).Rows.ToLookup(row => (row.Cart, row.At));
        var ordered = ShopLogSample.Events.Where(e => e.Type == "purchase").ToLookup(e => KeyOf(e.Session), e => e.At);
        int[] columns = [.. TestStages.Model.Features.Select(feature => FeatureTable.Names.ToList().IndexOf(feature))];
        var (compared, campaigns) = (0, new HashSet<string>());

        // A data set has no rows of carts that are ordered.
        foreach (var decision in Decisions().Where(decision => decision.Intervention.Campaign is "added" or "keen" && !ordered[decision.Cart].Any(at => at <= decision.At)))
        {
            // Events of the same millisecond have a row each.
            var served = rows[(decision.Cart, decision.At)].Where(row => columns.Select(column => row.Features[column]).SequenceEqual(decision.Row)).ToArray();
            Assert.That(served, Is.Not.Empty, $"{decision.Intervention.CartId} at {decision.At}");
            Assert.That(served[0].Score, Is.EqualTo((float)decision.Intervention.Reasons.Score).Within(1e-6));
            compared += columns.Length;
            campaigns.Add(decision.Intervention.Campaign);
        }

        Assert.That(campaigns, Has.Count.EqualTo(2));
        Assert.That(compared, Is.GreaterThan(1000));
    }

    [Test]
    public void Labels_say_what_the_log_says_of_the_time_after_the_row()
    {
        var dataset = Collect(new DatasetOptions { KnownUntil = s_end, Horizon = s_horizon, RowsPerCart = int.MaxValue });
        var purchases = ShopLogSample.Events.Where(e => e.Type == "purchase").ToLookup(e => e.Session, e => e.At);
        var sessions = ShopLogSample.Events.GroupBy(e => e.Session).ToDictionary(g => KeyOf(g.Key), g => g.Key);
        foreach (var row in dataset.Rows)
        {
            var within = purchases[sessions[row.Cart]].Any(at => at >= row.At && at <= row.At + (long)s_horizon.TotalMilliseconds);
            var strictly = purchases[sessions[row.Cart]].Any(at => at > row.At && at <= row.At + (long)s_horizon.TotalMilliseconds);
            Assert.That(row.Purchased, within == strictly ? Is.EqualTo(within) : Is.True.Or.False);
            Assert.That(row.PurchasedInSession, row.Purchased ? Is.True.Or.False : Is.False);
            Assert.That(row.Value > 0, Is.EqualTo(row.Purchased), "the log has a price for each order, and a server's key");
        }

        Assert.That(dataset.Rows.Count(row => row.Purchased), Is.GreaterThan(30));
        Assert.That(dataset.Rows.Count(row => !row.Purchased), Is.GreaterThan(1000));
        Assert.That(dataset.Rows.Select(row => row.At), Is.Ordered);
    }

    [Test]
    public void A_row_waits_out_the_delay_of_its_label()
    {
        var dataset = Collect(new DatasetOptions { KnownUntil = s_end, Horizon = s_horizon, RowsPerCart = int.MaxValue });

        Assert.That(dataset.Rows.Max(row => row.At), Is.LessThanOrEqualTo(s_end - (long)s_horizon.TotalMilliseconds));
        Assert.That(dataset.Immature, Is.Positive);
        Assert.That(dataset.Rows, Has.Count.InRange((dataset.Seen - dataset.Immature) * 0.9, dataset.Seen - dataset.Immature), "all but those of bots");
        Assert.That(dataset.Rows, Has.All.Matches<JournalRow>(row => !float.IsNaN(row!.Score)));
    }

    [Test]
    public void A_row_waits_for_late_events_too()
    {
        var lateness = TimeSpan.FromMinutes(20);
        var dataset = Collect(new DatasetOptions { KnownUntil = s_end, Horizon = s_horizon, Lateness = lateness, RowsPerCart = int.MaxValue });

        Assert.That(dataset.Rows.Max(row => row.At), Is.LessThanOrEqualTo(s_end - (long)(s_horizon + lateness).TotalMilliseconds));
    }

    [Test]
    public void A_claim_of_a_browser_is_a_label_only_where_no_server_reports_orders([Values] bool hasServer)
    {
        var collector = new DatasetCollector(new DatasetOptions { KnownUntil = long.MaxValue });
        Add("claimed", EventType.AddToCart, 1000, isServer: false);
        Add("claimed", EventType.Purchase, 2000, isServer: false);
        Add("none", EventType.AddToCart, 1000, isServer: false);
        if (hasServer)
        {
            Add("confirmed", EventType.AddToCart, 1000, isServer: false);
            Add("confirmed", EventType.Purchase, 2000, isServer: true);
        }

        var rows = collector.Build().Rows.ToDictionary(row => row.Cart, row => row.Purchased);
        Assert.That(rows[KeyOfCart("claimed")], Is.EqualTo(!hasServer));
        Assert.That(rows[KeyOfCart("none")], Is.False);
        Assert.That(!hasServer || rows[KeyOfCart("confirmed")]);

        void Add(string cart, EventType type, long at, bool isServer) => Observe(collector, cart, type, at, isServer);
    }

    [Test]
    public void An_order_before_the_row_is_not_its_label()
    {
        var collector = new DatasetCollector(new DatasetOptions { KnownUntil = long.MaxValue });
        Observe(collector, "late", EventType.AddToCart, 5000, isServer: true);
        Observe(collector, "late", EventType.Purchase, 4000, isServer: true);

        Assert.That(collector.Build().Rows.Single().Purchased, Is.False);
    }

    [Test]
    public void A_bots_cart_is_left_out_from_its_first_event_on()
    {
        var collector = new DatasetCollector(new DatasetOptions { KnownUntil = long.MaxValue });
        Observe(collector, "bot", EventType.AddToCart, 1000, isServer: false, isBot: true);
        Observe(collector, "shopper", EventType.AddToCart, 1000, isServer: false);

        Assert.That(collector.Build().Rows.Single().Cart, Is.EqualTo(KeyOfCart("shopper")));
    }

    static void Observe(DatasetCollector collector, string cart, EventType type, long at, bool isServer, bool isBot = false)
    {
        var e = new EventRecord { Cart = KeyOfCart(cart), Type = type, Timestamp = at, CartLength = 1, Flags = isServer ? EventFlags.Server : EventFlags.None };
        collector.OnEvent(default, e, isBot);
        if (type == EventType.Purchase)
        {
            collector.OnOrder(default, e, order: 0);
        }

        collector.OnRow(0, default, e, new FeatureMoment(at, at), at);
    }

    static Hash128 KeyOfCart(string cart) => new IdHasher("demo"u8).CartOf(Encoding.UTF8.GetBytes(cart));

    [Test]
    public void Later_events_change_no_row()
    {
        var middle = (RecordedTraffic.Times.First + RecordedTraffic.Times.Last) / 2;
        var all = new DatasetOptions { KnownUntil = long.MaxValue, RowsPerCart = int.MaxValue };
        var early = Collect(all, new TimeRange(long.MinValue, middle)).Rows;
        var late = Collect(all).Rows.Where(row => row.ReceivedAt < middle).Select(Text).ToHashSet();

        Assert.That(early.Select(Text).Where(row => !late.Contains(row)), Is.Empty);
        Assert.That(early, Has.Count.GreaterThan(1000));

        static string Text(JournalRow row) => $"{row.Cart} {row.At} {row.Score} {string.Join(' ', row.Features)}";
    }

    [Test]
    public void The_sample_is_bounded_and_depends_on_the_seed_alone()
    {
        var options = new DatasetOptions { KnownUntil = s_end, Horizon = s_horizon, RowsPerCart = 2, MaxRows = 200, Seed = 5 };
        var (one, same, other) = (Collect(options), Collect(options), Collect(options with { Seed = 6 }));

        Assert.That(one.Rows, Has.Count.InRange(50, 200));
        Assert.That(one.Share, Is.LessThan(1));
        Assert.That(one.Rows.GroupBy(row => row.Cart), Has.All.Matches<IGrouping<Hash128, JournalRow>>(g => g!.Count() <= 2));
        Assert.That(Places(one), Is.EqualTo(Places(same)));
        Assert.That(Places(one), Is.Not.EqualTo(Places(other)));

        static IEnumerable<(Hash128, long)> Places(JournalDataset set) => set.Rows.Select(row => (row.Cart, row.At));
    }

    [Test]
    public void A_training_set_has_the_columns_labels_and_whole_shoppers()
    {
        var dataset = Collect(new DatasetOptions { KnownUntil = s_end, Horizon = s_horizon });
        var set = dataset.ToTrainingSet(["cart_value", "event_count"], DatasetLabel.Purchased);

        Assert.That(set.Count, Is.EqualTo(dataset.Rows.Count));
        Assert.That(set.Positives, Is.EqualTo(dataset.Rows.Count(row => row.Purchased)));
        Assert.That(set.Row(7)[1], Is.EqualTo(dataset.Rows[7].Features[0]), "event_count is the first feature");
        var users = ShopLogSample.Events.GroupBy(e => e.Session).ToDictionary(g => KeyOf(g.Key), g => g.First().User);
        Assert.That(dataset.Rows.GroupBy(row => row.Group), Has.All.Matches<IGrouping<int, JournalRow>>(g => g!.Select(row => users[row.Cart]).Distinct().Count() == 1));
        Assert.That(dataset.Rows.GroupBy(row => users[row.Cart]), Has.All.Matches<IGrouping<string, JournalRow>>(g => g!.Select(row => row.Group).Distinct().Count() == 1));
    }

    JournalDataset Collect(DatasetOptions options, TimeRange? range = null) => Collect([new EventFileStream(_scratch.PathOf("log.ndjson"), ["demo"u8.ToArray()], 32_768, 1 << 20, TimeSpan.FromHours(1))], options, range);

    static JournalDataset Collect(IReadOnlyList<IReplayStream> streams, DatasetOptions options, TimeRange? range = null)
    {
        var collector = new DatasetCollector(options);
        RecordedTraffic.Replay(streams, range: range ?? new TimeRange(long.MinValue, s_end), threads: 1, scope: new ReplayScope { Observer = collector });
        return collector.Build();
    }

    IEnumerable<Decision> Decisions()
    {
        foreach (var journal in _traffic.Journals())
        {
            using var reader = journal.Read();
            while (reader.TryNext(out var entry))
            {
                if (entry.Kind == EntryKind.Decisions)
                {
                    foreach (var decision in EntryPayload.ReadDecisions(entry.Payload))
                    {
                        yield return decision;
                    }
                }
            }
        }
    }

    static Hash128 KeyOf(string session) => s_keys[session];

    static readonly Dictionary<string, Hash128> s_keys = ReadKeys();

    static Dictionary<string, Hash128> ReadKeys()
    {
        var keys = new Dictionary<string, Hash128>(StringComparer.Ordinal);
        foreach (var e in ShopLogSample.Events)
        {
            keys.TryAdd(e.Session, new IdHasher("demo"u8).CartOf(Encoding.UTF8.GetBytes(e.Session)));
        }

        return keys;
    }
}
