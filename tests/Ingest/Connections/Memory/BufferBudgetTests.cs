using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Tests.Support;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Ingest.Connections.Memory;

/// <summary>Memory is reserved before it is used, in order, and never beyond the plan.</summary>
public sealed class BufferBudgetTests
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
            var budget = new BufferBudget(100);
            var held = new List<int>();
            for (var step = 0; step < 200; step++)
            {
                var bytes = random.Next(1, 60);
                if (random.Next(2) == 0 && held.Count > 0)
                {
                    budget.Release(held[^1]);
                    held.RemoveAt(held.Count - 1);
                }
                else if (budget.TryReserve(bytes))
                {
                    held.Add(bytes);
                }

                Assert.That(budget.Used, Is.EqualTo(held.Sum()).And.LessThanOrEqualTo(100));
            }

            held.ForEach(bytes => budget.Release(bytes));
            Assert.That(budget.Used, Is.Zero);
            return true;
        });

    [Test]
    public async Task Waiters_are_served_in_order_and_nobody_overtakes_them()
    {
        var budget = new BufferBudget(100);
        Assert.That(budget.TryReserve(80), Is.True);
        var first = budget.ReserveAsync(60, s_long, _time).AsTask();
        var second = budget.ReserveAsync(10, s_long, _time).AsTask();

        Assert.That((budget.IsExhausted, first.IsCompleted, second.IsCompleted, budget.TryReserve(10)), Is.EqualTo((true, false, false, false)));
        budget.Release(80);
        Assert.That((await first, await second, budget.IsExhausted, budget.Used), Is.EqualTo((true, true, false, 70)));
    }

    [Test]
    public async Task A_waiter_that_gives_up_lets_the_next_one_pass()
    {
        var budget = new BufferBudget(100);
        Assert.That(budget.TryReserve(80), Is.True);
        var first = budget.ReserveAsync(60, s_short, _time).AsTask();
        var second = budget.ReserveAsync(10, s_long, _time).AsTask();

        Assert.That((await first, await second, budget.IsExhausted, budget.Used), Is.EqualTo((false, true, false, 90)));
    }

    [Test]
    public async Task More_than_the_plan_waits_for_all_of_it()
    {
        var budget = new BufferBudget(100);
        Assert.That(budget.TryReserve(1), Is.True);
        var all = budget.ReserveAsync(500, s_long, _time).AsTask();
        Assert.That(all.IsCompleted, Is.False);
        budget.Release(1);

        Assert.That((await all, budget.TryReserve(1)), Is.EqualTo((true, false)));
        budget.Release(500);
        Assert.That(budget.Used, Is.Zero);
    }
}
