using CartRecovery.Engine.Privacy;
using CartRecovery.Host.Backup;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Backup;

public sealed class LockedErasureTests
{
    [Test]
    public async Task An_erasure_waits_for_a_backup_and_excludes_further_ones()
    {
        using var scratch = new Scratch();
        var inner = new RecordingErasure(scratch.Folder);
        Task<PartitionErasureResult> erasure;
        using (BackupLock.TryTake(scratch.Folder))
        {
            erasure = new LockedErasure(inner, scratch.Folder).EraseAsync(new ErasedPerson(1, "zoe", [], []), progress: null, CancellationToken.None);
            Assert.That(inner.WasLocked, Is.Null, "it has not begun");
        }

        Assert.That((await erasure).Records, Is.EqualTo(7));
        Assert.That(inner.WasLocked, Is.True);
        using var after = BackupLock.TryTake(scratch.Folder);
        Assert.That(after, Is.Not.Null, "released");
    }

    sealed class RecordingErasure(string data) : IPartitionErasure
    {
        public bool? WasLocked { get; private set; }

        public Task<PartitionErasureResult> EraseAsync(ErasedPerson person, IProgress<string>? progress, CancellationToken cancel)
        {
            using var other = BackupLock.TryTake(data);
            WasLocked = other is null;
            return Task.FromResult(new PartitionErasureResult(7, 0, 0, 0, []));
        }
    }
}
