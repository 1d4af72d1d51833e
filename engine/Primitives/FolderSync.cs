using System.Runtime.InteropServices;

namespace CartRecovery.Primitives;

/// <summary>Makes created, renamed and deleted names in a folder durable. The framework has no API for it.</summary>
public static partial class FolderSync
{
    // O_RDONLY | O_CLOEXEC.
    const int ReadOnly = 0x80000;

    /// <summary>Flushes a folder.</summary>
    /// <exception cref="IOException">The flush failed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // NTFS journals names itself, and folders cannot be opened there.
            return;
        }

        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"{folder} cannot be opened for flushing: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        var failed = Sync(descriptor) != 0;
        var message = Marshal.GetLastPInvokeErrorMessage();
        _ = Close(descriptor);
        if (failed)
        {
            throw new IOException($"{folder} cannot be flushed: {message}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
