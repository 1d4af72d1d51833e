using CartRecovery.Primitives.Files;

namespace CartRecovery.Engine.Journal;

/// <summary>A file of a checkpoint while it is written, which may be large: see <see cref="SyncSteps"/>.</summary>
/// <param name="path">A file that does not exist.</param>
sealed class CheckpointStream(string path) : FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, CheckpointManifest.BufferBytes)
{
    SyncSteps _steps;

    /// <inheritdoc/>
    /// <remarks>The base class leads every other way to write here.</remarks>
    public override void Write(byte[] buffer, int offset, int count)
    {
        base.Write(buffer, offset, count);
        if (_steps.IsDue(count))
        {
            Flush(flushToDisk: true);
        }
    }
}
