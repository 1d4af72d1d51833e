using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>Wakes a thread that waits in an <see cref="Epoll"/>: Linux's eventfd.</summary>
sealed partial class WakeUp : IDisposable
{
    const int NonBlocking = 0x800, CloseOnExec = 0x80000;

    readonly SafeFileHandle _handle;

    /// <exception cref="Win32Exception">The system has no descriptor left.</exception>
    public WakeUp()
    {
        var descriptor = Create(0, NonBlocking | CloseOnExec);
        _handle = descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Readable once it is set.</summary>
    public SafeHandle Handle => _handle;

    /// <summary>Wakes the thread, or its next wait.</summary>
    public void Set()
    {
        var one = 1L;
        try
        {
            Write(_handle, ref one, sizeof(long));
        }
        catch (ObjectDisposedException)
        {
            // The thread has ended.
        }
    }

    /// <summary>Lets the thread wait again.</summary>
    public void Reset()
    {
        var count = 0L;
        Read(_handle, ref count, sizeof(long));
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int Create(uint count, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(SafeHandle descriptor, ref long value, nint length);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(SafeHandle descriptor, ref long value, nint length);
}
