using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Readers of events stop before an inbox is full, and go on once it is half empty.</summary>
public sealed class InboxGateTests
{
    const int Capacity = 64;

    [Test]
    public void The_gate_closes_at_three_quarters_and_opens_at_half()
    {
        var (gate, opened) = (new InboxGate(), 0);
        gate.WhenOpened(() => opened++);
        var inbox = new PartitionInbox(Capacity, gate);
        var states = new List<bool>();
        for (var i = 0; i < Capacity; i++)
        {
            inbox.TryEnqueue(i);
            states.Add(gate.IsOpen);
        }

        Assert.That(states, Is.EqualTo(Enumerable.Range(1, Capacity).Select(depth => depth < Capacity / 4 * 3)));
        states.Clear();
        while (inbox.TryDequeue(out _))
        {
            states.Add(gate.IsOpen);
        }

        Assert.That(states, Is.EqualTo(Enumerable.Range(1, Capacity).Select(taken => Capacity - taken <= Capacity / 2)));
        Assert.That(opened, Is.EqualTo(1));
    }

    [Test]
    public void The_gate_is_open_only_while_every_inbox_has_room()
    {
        var gate = new InboxGate();
        PartitionInbox[] inboxes = [new(Capacity, gate), new(Capacity, gate)];
        foreach (var inbox in inboxes)
        {
            for (var i = 0; i < Capacity; i++)
            {
                inbox.TryEnqueue(i);
            }
        }

        Assert.That(gate.IsOpen, Is.False);
        Empty(inboxes[0]);
        Assert.That(gate.IsOpen, Is.False);
        Empty(inboxes[1]);
        Assert.That(gate.IsOpen, Is.True);
    }

    [Test]
    public void A_closed_inbox_holds_nobody_up()
    {
        var gate = new InboxGate();
        var inbox = new PartitionInbox(Capacity, gate);
        for (var i = 0; i < Capacity; i++)
        {
            inbox.TryEnqueue(i);
        }

        inbox.Close();
        Assert.That(gate.IsOpen, Is.True);
    }

    static void Empty(PartitionInbox inbox)
    {
        while (inbox.TryDequeue(out _))
        {
            // Only the level counts.
        }
    }
}
