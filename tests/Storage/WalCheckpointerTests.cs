using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Storage;

public sealed class WalCheckpointerTests
{
    [Test]
    public async Task A_wait_for_the_disk_ends_with_the_commits_before_it_whatever_is_committed_meanwhile()
    {
        using var scratch = new Scratch();
        using var database = new Database(scratch.PathOf("some.db"));
        using var log = new WalCheckpointer(database, 1);
        Assert.That(log.WhenSynced().IsCompletedSuccessfully, Is.True, "nothing is committed");

        log.Add([5]);
        var first = log.WhenSynced();
        Assert.That(first.IsCompleted, Is.False);
        log.Sync();
        log.Add([7]);
        var second = log.WhenSynced();
        await first.WaitAsync(Eventually.Deadline);
        Assert.That((second.IsCompleted, log.Persisted[0]), Is.EqualTo((false, 5)));

        Assert.That(log.Finish(Eventually.Deadline), Is.True);
        await second.WaitAsync(Eventually.Deadline);
        Assert.That(log.Persisted[0], Is.EqualTo(7));
    }

    [Test]
    public void A_wait_for_commits_that_are_never_synced_is_cancelled_at_the_end()
    {
        using var scratch = new Scratch();
        using var database = new Database(scratch.PathOf("some.db"));
        var log = new WalCheckpointer(database, 1);
        log.Add([5]);
        var synced = log.WhenSynced();
        log.Dispose();
        Assert.That(async () => await synced, Throws.InstanceOf<OperationCanceledException>());
    }
}
