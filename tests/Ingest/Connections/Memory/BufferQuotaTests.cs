using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Tests.Support;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Ingest.Connections.Memory;

/// <summary>Memory is reserved before it is used, in order, and never beyond the plan.</summary>
public sealed class BufferQuotaTests
{
    static readonly TimeSpan s_long = TimeSpan.FromHours(1);

    // Elapses immediately.
    static readonly TimeSpan s_short = TimeSpan.FromSeconds(30);

    readonly SkippingTime _time = new(s_short);

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property The_plan_is_never_exceeded_and_everything_returns() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var quota = new BufferQuota(100);
            var held = new List<int>();
            for (var step = 0; step < 200; step++)
            {
                var bytes = random.Next(1, 60);
                if (random.Next(2) == 0 && held.Count > 0)
                {
                    quota.Release(held[^1]);
                    held.RemoveAt(held.Count - 1);
                }
                else if (quota.TryReserve(bytes))
                {
                    held.Add(bytes);
                }

                Assert.That(quota.Used, Is.EqualTo(held.Sum()).And.LessThanOrEqualTo(100));
            }

            held.ForEach(bytes => quota.Release(bytes));
            Assert.That(quota.Used, Is.Zero);
            return true;
        });

    [Test]
    public async Task Waiters_are_served_in_order_and_nobody_overtakes_them()
    {
        var quota = new BufferQuota(100);
        Assert.That(quota.TryReserve(80), Is.True);
        var first = quota.ReserveAsync(60, s_long, _time).AsTask();
        var second = quota.ReserveAsync(10, s_long, _time).AsTask();

        Assert.That((quota.IsExhausted, first.IsCompleted, second.IsCompleted, quota.TryReserve(10)), Is.EqualTo((true, false, false, false)));
        quota.Release(80);
        Assert.That((await first, await second, quota.IsExhausted, quota.Used), Is.EqualTo((true, true, false, 70)));
    }

    [Test]
    public async Task A_waiter_that_gives_up_lets_the_next_one_pass()
    {
        var quota = new BufferQuota(100);
        Assert.That(quota.TryReserve(80), Is.True);
        var first = quota.ReserveAsync(60, s_short, _time).AsTask();
        var second = quota.ReserveAsync(10, s_long, _time).AsTask();

        Assert.That((await first, await second, quota.IsExhausted, quota.Used), Is.EqualTo((false, true, false, 90)));
    }

    [Test]
    public async Task More_than_the_plan_waits_for_all_of_it()
    {
        var quota = new BufferQuota(100);
        Assert.That(quota.TryReserve(1), Is.True);
        var all = quota.ReserveAsync(500, s_long, _time).AsTask();
        Assert.That(all.IsCompleted, Is.False);
        quota.Release(1);

        Assert.That((await all, quota.TryReserve(1)), Is.EqualTo((true, false)));
        quota.Release(500);
        Assert.That(quota.Used, Is.Zero);
    }
}
