using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Delivery;

sealed class WithdrawalsTests : SinkRunnerFixture
{
    [Test]
    public async Task What_is_withdrawn_while_it_waits_is_not_delivered()
    {
        var withdrawn = new Withdrawals();
        using var gate = new SemaphoreSlim(0);
        var sink = new ScriptedSink { OnWrite = async (_, token) => await gate.WaitAsync(token) };
        var runner = new SinkRunner("sink", sink.Spec, Settings, Quick with { Batch = 1, MaxInFlight = 1 }, TimeProvider.System, Log,
            (item, result) => Outcomes.Enqueue((item.Id, result.Outcome, result.Reason)), withdrawn);
        runner.Start();
        Enqueue(runner, 4);
        await Eventually.Is(() => sink.Writes.Count == 1, "the first is written");
        var ids = Interventions.Many(4).Select(item => item.Id).ToArray();
        withdrawn.Add(ids[2]);
        gate.Release(10);
        await runner.DrainAsync(Eventually.Deadline);

        Assert.That(sink.Writes.SelectMany(write => write), Is.EqualTo(new[] { ids[0], ids[1], ids[3] }));
        Assert.That(Outcomes.Select(outcome => outcome.Outcome),
            Is.EqualTo(new[] { FinalOutcome.Delivered, FinalOutcome.Delivered, FinalOutcome.Rejected, FinalOutcome.Delivered }));
    }

    [Test]
    public void The_oldest_withdrawal_goes_first()
    {
        var withdrawn = new Withdrawals();
        Assert.That((withdrawn.IsEmpty, withdrawn.Contains("0")), Is.EqualTo((true, false)));
        for (var i = 0; i <= Withdrawals.Capacity; i++)
        {
            withdrawn.Add($"{i}");
        }

        Assert.That((withdrawn.IsEmpty, withdrawn.Contains("0"), withdrawn.Contains("1"), withdrawn.Contains($"{Withdrawals.Capacity}")), Is.EqualTo((false, false, true, true)));
    }
}
