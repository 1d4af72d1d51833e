using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Usage;

/// <summary>Counts of events and messages, by days and months of the stores.</summary>
public sealed class UsageLedgerTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    readonly StoreDirectory _stores = StoreCompiler.Compile(
    [
        new StoreConfig
        {
            Id = "shop", Timezone = "America/New_York", EventsPerDay = 100, MessagesPerMonth = 10,
            Keys = [InProcessEngine.Key("sk_shop", KeyKind.Secret), new StoreKeyConfig { Key = "pk_shop", Kind = KeyKind.Publishable, EventsPerDay = 20 }],
        },
        new StoreConfig { Id = "other", Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)] },
    ]);

    StoreKey Secret => _stores.FindKey("sk_shop")!;

    StoreKey Publishable => _stores.FindKey("pk_shop")!;

    [Test]
    public async Task A_key_is_limited_by_its_quota_and_a_store_by_that_of_all_its_keys()
    {
        await using var ledger = new UsageLedger(Control, _stores);
        var (secret, publishable) = (ledger.OfKey(Secret), ledger.OfKey(Publishable));
        publishable.Add(19);
        Assert.That(publishable.Exceeded, Is.Null);
        publishable.Add(1);
        Assert.That((publishable.Exceeded!.Key, secret.Exceeded), Is.EqualTo((UsageLedger.IdOf(Publishable), (UsageCounter?)null)));
        secret.Add(80);
        Assert.That(secret.Exceeded!.Key, Is.Empty, "the store's");
        var other = ledger.OfKey(_stores.FindKey("sk_other")!);
        other.Add(1_000_000);
        Assert.That(other.Exceeded, Is.Null, "without a quota");
    }

    [Test]
    public async Task Counts_survive_a_restart_and_those_of_two_engines_add_up()
    {
        await using (var before = new UsageLedger(Control, _stores))
        {
            await before.StartAsync();
            before.OfKey(Secret).Add(60);
        }

        await using var ledger = new UsageLedger(Control, _stores);
        await ledger.StartAsync();
        var second = await OpenAsync();
        await using var elsewhere = new UsageLedger(second, _stores);
        await elsewhere.StartAsync();
        Assert.That(CounterOf(ledger).Count, Is.EqualTo(60));
        ledger.OfKey(Secret).Add(30);
        elsewhere.OfKey(Publishable).Add(11);
        Assert.That(CounterOf(ledger).IsExceeded, Is.False);
        await elsewhere.FlushAsync();
        await ledger.FlushAsync();
        Assert.That((CounterOf(ledger).Count, CounterOf(ledger).IsExceeded), Is.EqualTo((101, true)));
        await ledger.FlushAsync();
        Assert.That(await ledger.ListAsync("shop", byMonth: false, 0, 10), Is.EqualTo(new[]
        {
            new UsageRow("2026-12-31", UsageKind.Events, "", 101), new UsageRow("2026-12-31", UsageKind.Events, UsageLedger.IdOf(Publishable), 11),
            new UsageRow("2026-12-31", UsageKind.Events, UsageLedger.IdOf(Secret), 90),
        }.OrderBy(row => row.Key, StringComparer.Ordinal)), "midnight in UTC is still the day before in New York");
    }

    [Test]
    public async Task Periods_begin_in_the_stores_time_zone_and_earlier_counts_stay_with_the_previous_period()
    {
        await using var ledger = new UsageLedger(Control, _stores);
        ledger.OfKey(Secret).Add(100);
        ledger.MessagesOf(Secret.Store).Add(10);
        Assert.That(ledger.RetryAfter(CounterOf(ledger)), Is.EqualTo(TimeSpan.FromHours(5)));
        Time.Advance(TimeSpan.FromHours(5) - TimeSpan.FromSeconds(1));
        ledger.Refresh();
        Assert.That(CounterOf(ledger).IsExceeded);
        Time.Advance(TimeSpan.FromSeconds(1));
        ledger.Refresh();
        Assert.That((CounterOf(ledger).Count, CounterOf(ledger).Period, ledger.MessagesOf(Secret.Store).Count, ledger.MessagesOf(Secret.Store).Period), Is.EqualTo((0, "2027-01-01", 0, "2027-01")));
        ledger.OfKey(Secret).Add(1);
        await ledger.FlushAsync();
        Assert.That((await ledger.ListAsync("shop", byMonth: true, 0, 10)).Where(row => row.Key.Length == 0), Is.EqualTo(new[]
        {
            new UsageRow("2027-01", UsageKind.Events, "", 1), new UsageRow("2026-12", UsageKind.Events, "", 100), new UsageRow("2026-12", UsageKind.Messages, "", 10),
        }));
    }

    [Test]
    public async Task Each_level_is_reported_once_a_period()
    {
        await using var ledger = new UsageLedger(Control, _stores);
        var reported = new List<(string Key, int Level)>();
        ledger.OnLevel = counter => reported.Add((counter.Key, counter.Level));
        ledger.OfKey(Secret).Add(79);
        ledger.Refresh();
        Assert.That(reported, Is.Empty);
        ledger.OfKey(Secret).Add(1);
        ledger.Refresh();
        ledger.Refresh();
        ledger.OfKey(Secret).Add(20);
        ledger.Refresh();
        Assert.That(reported, Is.EqualTo(new[] { ("", 1), ("", 2) }));
        Time.Advance(TimeSpan.FromDays(1));
        ledger.Refresh();
        ledger.OfKey(Secret).Add(90);
        ledger.Refresh();
        Assert.That(reported, Has.Count.EqualTo(3));
    }

    [TestCase("2027-03-14T12:00:00Z", "Europe/Amsterdam", "2027-03-14T23:00:00Z")]
    [TestCase("2027-03-28T00:30:00Z", "Europe/Amsterdam", "2027-03-28T22:00:00Z")]
    [TestCase("2027-10-31T00:30:00Z", "Europe/Amsterdam", "2027-10-31T23:00:00Z")]
    public void A_day_ends_at_midnight_also_when_the_clocks_change(string now, string zone, string end) =>
        Assert.That(UsageLedger.EndOf(UsageKind.Events, TimeZoneInfo.FindSystemTimeZoneById(zone), DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)),
            Is.EqualTo(DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture)));

    [Test]
    public async Task Old_counts_are_deleted()
    {
        await using var ledger = new UsageLedger(Control, _stores);
        ledger.OfKey(Secret).Add(1);
        await ledger.FlushAsync();
        Time.Advance(UsageLedger.Retention - TimeSpan.FromDays(1));
        await ledger.CleanAsync();
        Assert.That(await ledger.ListAsync("shop", byMonth: false, 0, 10), Is.Not.Empty);
        Time.Advance(TimeSpan.FromDays(3));
        await ledger.CleanAsync();
        Assert.That(await ledger.ListAsync("shop", byMonth: false, 0, 10), Is.Empty);
    }

    static UsageCounter CounterOf(UsageLedger ledger) => ledger.Counters.Single(counter => counter is { Store: "shop", Key: "", Kind: UsageKind.Events });
}
