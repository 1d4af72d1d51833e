namespace CartRecovery.Primitives.Files;

/// <summary>
/// Divides the sync of a large file into steps while it is written. One sync at its end would keep the disk busy for as long as all of it takes, and
/// syncs of other files wait meanwhile.
/// </summary>
public struct SyncSteps
{
    /// <summary>The number of bytes after which a file is synced.</summary>
    public const int Bytes = 2 << 20;

    int _unsynced;

    /// <summary>Counts bytes that were written.</summary>
    /// <returns><see langword="true"/> if the file is to be synced now.</returns>
    public bool IsDue(int count)
    {
        _unsynced += count;
        if (_unsynced < Bytes)
        {
            return false;
        }

        _unsynced = 0;
        return true;
    }
}
