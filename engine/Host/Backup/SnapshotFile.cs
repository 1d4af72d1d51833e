using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Host.Backup;

/// <summary>An open file of a data folder.</summary>
/// <param name="Path">Its path in the folder, with <c>/</c> as separator.</param>
/// <param name="Handle">The open file.</param>
/// <param name="Length">The length to read, in bytes.</param>
/// <param name="Source">Length and modification time, to detect changes.</param>
sealed record SnapshotFile(string Path, SafeFileHandle Handle, long Length, string Source)
{
    /// <summary>Returns a function that reads the file in order, from its beginning.</summary>
    public Func<Memory<byte>, int> Reader()
    {
        var at = 0L;
        return buffer =>
        {
            var count = RandomAccess.Read(Handle, buffer.Span[..(int)Math.Min(buffer.Length, Length - at)], at);
            at += count;
            return count;
        };
    }
}
