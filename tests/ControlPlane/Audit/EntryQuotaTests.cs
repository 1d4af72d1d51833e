using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Audit;

public sealed class EntryQuotaTests
{
    readonly ManualTime _time = new(1_800_000_000_000);

    [Test]
    public void A_key_has_a_quota_each_minute_and_its_next_entry_reports_the_count()
    {
        var quota = new EntryQuota(perKey: 2, total: 100, _time);
        Assert.That(Enumerable.Range(0, 5).Select(_ => quota.TryTake("a", out var _)), Is.EqualTo(new[] { true, true, false, false, false }));
        Assert.That(quota.TryTake("b", out _), "another key has its own");
        _time.Advance(EntryQuota.Window);
        Assert.That((quota.TryTake("a", out var counted), counted), Is.EqualTo((true, 3)));
        Assert.That((quota.TryTake("a", out counted), counted), Is.EqualTo((true, 0)));
        Assert.That(quota.TakeCounted(), Is.Zero);
    }

    [Test]
    public void All_keys_share_a_limit_and_unreported_counts_are_reported_once()
    {
        var quota = new EntryQuota(perKey: 2, total: 3, _time);
        Assert.That(Enumerable.Range(0, 10).Count(i => quota.TryTake(Key(i), out _)), Is.EqualTo(3));
        Assert.That((quota.TakeCounted(), quota.TakeCounted()), Is.EqualTo((7, 0)));
    }

    [Test]
    public void Many_keys_are_counted_together()
    {
        var quota = new EntryQuota(perKey: 1, total: 10, _time);
        for (var i = 0; i < 3 * EntryQuota.MaxKeys; i++)
        {
            quota.TryTake(Key(i), out _);
        }

        _time.Advance(EntryQuota.Window);
        Assert.That(quota.TryTake("new", out _));
        Assert.That(quota.TakeCounted(), Is.EqualTo((3 * EntryQuota.MaxKeys) - 10));
    }

    static string Key(int number) => number.ToString(CultureInfo.InvariantCulture);
}
