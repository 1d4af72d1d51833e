using CartRecovery.Primitives.Files;

namespace CartRecovery.Tests.Primitives.Files;

public sealed class SyncStepsTests
{
    [Test]
    public void A_sync_is_due_after_each_step_of_bytes()
    {
        var steps = default(SyncSteps);
        Assert.That(Enumerable.Range(0, 8).Select(_ => steps.IsDue(SyncSteps.Bytes / 4)), Is.EqualTo(new[] { false, false, false, true, false, false, false, true }));
        Assert.That(steps.IsDue(3 * SyncSteps.Bytes), Is.True);
        Assert.That(steps.IsDue(1), Is.False);
    }
}
