using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Tests.Decisions;

public sealed class OutboxTests
{
    [Test]
    public void Pending_decisions_are_ordered_by_event_time()
    {
        var outbox = new Outbox();
        foreach (var at in (long[])[5, 1, 9])
        {
            outbox.Add(Decision(at));
        }

        outbox.Remove(["iv_1"]);
        outbox.Add(Decision(7));
        outbox.Add(Decision(2));
        Assert.That(outbox.Pending.Select(d => d.At), Is.EqualTo(new long[] { 2, 5, 7, 9 }));
    }

    static Decision Decision(long at) => new(default, at, 0, new Intervention
    {
        Id = $"iv_{at}",
        StoreId = "s",
        CartId = "c",
        Campaign = "left",
        Channel = "socket",
        Action = ActionKind.Reminder,
        Message = "",
        Cart = new CartSummary(1, 1, "EUR"),
        Reasons = new DecisionReasons("", 0, [], ""),
        DecidedAt = DateTimeOffset.UnixEpoch,
    });
}
