using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Insights;

/// <summary>Reports on stores' data in both databases.</summary>
public sealed class InsightStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Test]
    public async Task Reports_are_listed_newest_first_by_store_and_kept_for_a_time()
    {
        var (store, other) = (new InsightStore(Control, "e1"), new InsightStore(Control, "e2"));
        for (var hour = 0; hour < 3; hour++)
        {
            await store.SaveAsync("data_quality", Time.GetUtcNow(), [("shop", $"{{\"hour\":{hour}}}"), ("other", "{}")], 24 * s_hour);
            Time.Advance(s_hour);
        }

        await other.SaveAsync("data_quality", Time.GetUtcNow(), [("shop", "{\"engine\":2}")], 24 * s_hour);
        var all = await store.ListAsync("data_quality", "shop", DateTimeOffset.MaxValue, 10);
        Assert.That(all.Select(one => one.Report), Is.EqualTo(new[] { """{"hour":2}""", """{"hour":1}""", """{"hour":0}""" }));
        Assert.That((await store.ListAsync("data_quality", "shop", all[0].At, 1)).Single().Report, Is.EqualTo("""{"hour":1}"""));
        Assert.That(await store.ListAsync("features", "shop", DateTimeOffset.MaxValue, 10), Is.Empty);
        Assert.That(await store.LatestAsync("data_quality"), Is.EquivalentTo(new Dictionary<string, string> { ["shop"] = """{"hour":2}""", ["other"] = "{}" }));

        Time.Advance(22.5 * s_hour);
        await store.SaveAsync("data_quality", Time.GetUtcNow(), [("shop", "{}")], 24 * s_hour);
        Assert.That((await store.ListAsync("data_quality", "shop", DateTimeOffset.MaxValue, 10)).Select(one => one.Report), Is.EqualTo(new[] { "{}", """{"hour":2}""" }));
    }

    [Test]
    public async Task A_report_of_the_same_time_is_replaced()
    {
        var store = new InsightStore(Control, "");
        await store.SaveAsync("features", Time.GetUtcNow(), [("shop", "1")], s_hour);
        await store.SaveAsync("features", Time.GetUtcNow(), [("shop", "2")], s_hour);
        Assert.That((await store.ListAsync("features", "shop", DateTimeOffset.MaxValue, 10)).Single().Report, Is.EqualTo("2"));
    }
}
