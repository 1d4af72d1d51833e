using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Audit;

public sealed class ReadQuotaTests
{
    readonly ManualTime _time = new(1_800_000_000_000);

    [Test]
    public void Many_reads_of_one_user_do_not_suppress_those_of_another()
    {
        var quota = new ReadQuota(_time);
        var entered = Enumerable.Range(0, 3 * ReadQuota.MaxPerActor).Count(i => quota.TryTake(Read("user:1", i), out _));
        Assert.That(entered, Is.EqualTo(ReadQuota.MaxPerActor));
        Assert.That(quota.TryTake(Read("user:2", 0), out _));
        Assert.That(quota.TakeCounted(), Is.EqualTo(new[] { (new AuditEvent("user:1", "personal_data.read", ""), 2L * ReadQuota.MaxPerActor) }));
        Assert.That(quota.TakeCounted(), Is.Empty);
    }

    [Test]
    public void The_next_entry_reports_the_count_of_the_same_reader_store_and_target()
    {
        var quota = new ReadQuota(_time);
        Assert.That(Enumerable.Range(0, 4).Select(_ => quota.TryTake(Read("user:1", 1), out var _)), Is.EqualTo(new[] { true, false, false, false }));
        Assert.That(quota.TryTake(Read("user:1", 2), out _));
        _time.Advance(EntryQuota.Window);
        Assert.That((quota.TryTake(Read("user:1", 2), out var counted), counted), Is.EqualTo((true, 0)));
        Assert.That((quota.TryTake(Read("user:1", 1), out counted), counted), Is.EqualTo((true, 3)));
        Assert.That(quota.TakeCounted(), Is.Empty);
    }

    [Test]
    public void Beyond_the_capacity_each_read_is_recorded()
    {
        var quota = new ReadQuota(_time);
        for (var i = 0; i < ReadQuota.MaxReads; i++)
        {
            Assert.That(quota.TryTake(Read($"user:{i / ReadQuota.MaxPerActor}", i), out _));
        }

        Assert.That(quota.TryTake(Read("user:new", 0), out _));
        Assert.That(quota.TryTake(Read("user:new", 0), out _), "not lost");
        _time.Advance(EntryQuota.Window);
        Assert.That(Enumerable.Range(0, 2).Select(_ => quota.TryTake(Read("user:new", 0), out var _)), Is.EqualTo(new[] { true, false }), "there is room again");
    }

    static AuditEvent Read(string actor, int number) => new(actor, "personal_data.read", string.Create(CultureInfo.InvariantCulture, $"route:{number}"), "shop");
}
