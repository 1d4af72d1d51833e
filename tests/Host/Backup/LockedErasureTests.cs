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
        var paused = 0;
        inner.IsPaused = () => paused == 1;
        Task<PartitionErasureResult> erasure;
        using (BackupLock.TryTake(scratch.Folder))
        {
            erasure = new LockedErasure(inner, scratch.Folder, _ =>
            {
                paused++;
                return Task.FromResult<IDisposable>(new Pause(() => paused--));
            }).EraseAsync([new ErasedPerson(1, "zoe", [], [])], progress: null, CancellationToken.None);
            Assert.That(inner.WasLocked, Is.Null, "it has not begun");
        }

        Assert.That((await erasure).Records, Is.EqualTo(7));
        Assert.That((inner.WasLocked, inner.WasPaused, paused), Is.EqualTo(((bool?)true, true, 0)), "backtests are paused meanwhile");
        using var after = BackupLock.TryTake(scratch.Folder);
        Assert.That(after, Is.Not.Null, "released");
    }

    sealed class Pause(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    sealed class RecordingErasure(string data) : IPartitionErasure
    {
        public bool? WasLocked { get; private set; }

        public bool WasPaused { get; private set; }

        public Func<bool> IsPaused { get; set; } = () => false;

        public Task<PartitionErasureResult> EraseAsync(IReadOnlyList<ErasedPerson> people, IProgress<string>? progress, CancellationToken cancel)
        {
            using var other = BackupLock.TryTake(data);
            (WasLocked, WasPaused) = (other is null, IsPaused());
            return Task.FromResult(new PartitionErasureResult(7, 0, 0, 0, []));
        }

        public Task ReadUsersAsync(Action<int, ReadOnlySpan<byte>> onUser, CancellationToken cancel) => throw new NotSupportedException();
    }
}
