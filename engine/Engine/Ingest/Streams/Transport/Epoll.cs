using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>Waits for many descriptors at once: Linux's epoll, level-triggered. Changes are safe on any thread; one thread waits.</summary>
sealed partial class Epoll : IDisposable
{
    /// <summary>Input is there, or the end of it.</summary>
    public const uint Readable = 1;

    /// <summary>The peer is gone: both directions are closed, or the socket has failed. Reported whether asked for or not.</summary>
    public const uint Gone = 0x8 | 0x10;

    const int Add = 1, Remove = 2, Change = 3;
    const int CloseOnExec = 0x80000;
    const int Interrupted = 4;

    // The kernel packs the structure on x86-64 alone.
    static readonly bool s_isPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    static readonly int s_dataAt = s_isPacked ? 4 : 8;
    static readonly int s_size = s_isPacked ? 12 : 16;

    readonly SafeFileHandle _handle;
    readonly byte[] _events;

    /// <summary>Creates an empty set.</summary>
    /// <param name="maxEvents">Maximum number of descriptors that one wait returns.</param>
    /// <exception cref="Win32Exception">The system has no descriptor left.</exception>
    public Epoll(int maxEvents)
    {
        _events = new byte[maxEvents * s_size];
        _handle = new SafeFileHandle(ThrowIfFailed(Create(CloseOnExec)), ownsHandle: true);
    }

    /// <summary>Whether the system has it.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>The set itself, for another set: readable while one of its descriptors is.</summary>
    public SafeHandle Handle => _handle;

    /// <summary>Starts waiting for a descriptor.</summary>
    /// <param name="descriptor">The descriptor. Closing it removes it.</param>
    /// <param name="token">Returned by <see cref="this[int]"/>.</param>
    /// <param name="events"><see cref="Readable"/>, or 0 to be told only that the peer is gone.</param>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    /// <exception cref="Win32Exception">The system has no memory left.</exception>
    public void Register(SafeHandle descriptor, long token, uint events) => Control(Add, descriptor, token, events);

    /// <summary>Changes what to wait for.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public void Modify(SafeHandle descriptor, long token, uint events) => Control(Change, descriptor, token, events);

    /// <summary>Stops waiting for a descriptor.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public void Unregister(SafeHandle descriptor) => Control(Remove, descriptor, 0, 0);

    /// <summary>Waits until a descriptor is ready.</summary>
    /// <param name="milliseconds">The time limit; −1 for none.</param>
    /// <returns>The number of ready descriptors, for <see cref="this[int]"/>.</returns>
    public int Wait(int milliseconds)
    {
        var count = Wait(_handle, _events, _events.Length / s_size, milliseconds);
        return count >= 0 ? count : Marshal.GetLastPInvokeError() == Interrupted ? 0 : ThrowIfFailed(count);
    }

    /// <summary>A ready descriptor of the last wait: its token and its events.</summary>
    public (long Token, uint Events) this[int index]
    {
        get
        {
            var at = _events.AsSpan(index * s_size);
            return (MemoryMarshal.Read<long>(at[s_dataAt..]), MemoryMarshal.Read<uint>(at));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    void Control(int operation, SafeHandle descriptor, long token, uint events)
    {
        Span<byte> description = stackalloc byte[16];
        MemoryMarshal.Write(description, events);
        MemoryMarshal.Write(description[s_dataAt..], token);
        ThrowIfFailed(Control(_handle, operation, descriptor, ref description[0]));
    }

    static int ThrowIfFailed(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(SafeHandle set, int operation, SafeHandle descriptor, ref byte description);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(SafeHandle set, [Out] byte[] events, int maxEvents, int timeout);
}
