using System.Collections.Concurrent;
using System.ComponentModel;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// A thread that waits for many sockets at once and reads them into one buffer, so that a quiet or stalled stream costs neither a thread
/// nor a buffer. It works in rounds: everything ready is read once, in turn. Streams whose bytes come another way (TLS, the HTTP port) are
/// posted to it. What runs here must not wait for anything but room in the inboxes.
/// </summary>
public abstract class PollingThread : IDisposable
{
    /// <summary>The length of a read, in bytes.</summary>
    public const int ReadSize = 64 * 1024;

    /// <summary>The length of a read before the client has authenticated, in bytes.</summary>
    public const int HandshakeReadSize = 8 * 1024;

    /// <summary>
    /// The most unread bytes that are copied in front of the next read. A longer unread part stays in its own array; the next read appends
    /// to it.
    /// </summary>
    public const int MaxCarriedOver = 32 * 1024;

    /// <summary>The length of a thread's buffer, in bytes.</summary>
    public const int BufferSize = MaxCarriedOver + ReadSize;

    // A round reads at most so many sockets: what came first is submitted before the rest is read.
    const int MaxReady = 64;

    // A token: not a socket, but the set of handshakes, or the wake-up.
    const long NoSocket = -1;

    // Interval of polling while the gate is closed, in milliseconds; covers a missed wake-up.
    const int Recheck = 100;

    [ThreadStatic]
    static PollingThread? s_current;

    readonly ConcurrentQueue<IThreadPoolWorkItem> _posted = new();
    readonly ConcurrentQueue<IThreadPoolWorkItem> _postedReads = new();
    readonly SemaphoreSlim _signal = new(0);
    readonly Epoll? _sessions;
    readonly Epoll? _handshakes;
    readonly WakeUp? _wakeUp;
    readonly Lock _gate = new();
    readonly Stack<int> _free = new();
    readonly Thread _thread;
    SocketPipeReader?[] _readers = new SocketPipeReader?[64];
    long _added;
    int _isSleeping;
    bool _isStopping;
    bool _hasEnded;

    /// <summary>Creates the thread; <see cref="Start"/> starts it.</summary>
    /// <exception cref="Win32Exception">The system has no descriptor left.</exception>
    protected PollingThread(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        if (Epoll.IsSupported)
        {
            (_sessions, _handshakes, _wakeUp) = (new Epoll(MaxReady), new Epoll(MaxReady), new WakeUp());
            _handshakes.Register(_wakeUp.Handle, NoSocket, Epoll.Readable);
            _sessions.Register(_handshakes.Handle, NoSocket, Epoll.Readable);
        }
    }

    /// <summary>The running thread; null on any other.</summary>
    public static PollingThread? Current => s_current;

    /// <summary>Whether events may be read. Handshakes and answers do not wait for it.</summary>
    protected abstract bool MayRead { get; }

    /// <summary>The buffer of the next read.</summary>
    internal byte[] Buffer { get; private set; } = NewBuffer();

    /// <summary>Whether sockets can be read by a thread; if not, the runtime reads them and posts.</summary>
    internal static bool IsSupported => Epoll.IsSupported;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Runs an item on the thread soon, or on the pool once the thread has stopped.</summary>
    public void Post(IThreadPoolWorkItem item) => Post(_posted, item);

    /// <summary>Runs an item on the thread as soon as events may be read.</summary>
    public void PostRead(IThreadPoolWorkItem item) => Post(_postedReads, item);

    /// <summary>Makes the thread look again whether it may read.</summary>
    public void Wake()
    {
        // The thread sets this before it looks for work, so at least one of the two sees the other.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isSleeping) == 1 && Interlocked.Exchange(ref _isSleeping, 0) == 1)
        {
            if (_wakeUp is not null)
            {
                _wakeUp.Set();
            }
            else
            {
                _signal.Release();
            }
        }
    }

    /// <summary>Ends a round: everything ready was read once.</summary>
    protected abstract void EndRound();

    /// <summary>Stops the thread. No connection may be open.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _isStopping, true);
        Interlocked.Exchange(ref _isSleeping, 1);
        Wake();
        if (_thread.IsAlive && s_current != this)
        {
            _thread.Join();
        }

        _sessions?.Dispose();
        _handshakes?.Dispose();
        _wakeUp?.Dispose();
        _signal.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Leaves the buffer to a reader whose user has not consumed it yet.</summary>
    internal void ReplaceBuffer() => Buffer = NewBuffer();

    /// <summary>The set that a socket belongs to.</summary>
    internal Epoll EpollOf(bool isSession) => isSession ? _sessions! : _handshakes!;

    /// <summary>
    /// Gives a reader its token: its number, and above it a count, so that a late event of a former reader is not taken for its own.
    /// </summary>
    internal long Add(SocketPipeReader reader)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var number))
            {
                number = Array.IndexOf(_readers, null);
                if (number < 0)
                {
                    number = _readers.Length;
                    Array.Resize(ref _readers, 2 * number);
                }

                for (var next = _readers.Length - 1; next > number; next--)
                {
                    _free.Push(next);
                }
            }

            _readers[number] = reader;
            return (++_added << 32) | (uint)number;
        }
    }

    /// <summary>Takes a reader's token back.</summary>
    internal void Remove(long token)
    {
        lock (_gate)
        {
            _readers[(int)token] = null;
            _free.Push((int)token);
        }
    }

    static byte[] NewBuffer() => GC.AllocateUninitializedArray<byte>(BufferSize);

    void Post(ConcurrentQueue<IThreadPoolWorkItem> queue, IThreadPoolWorkItem item)
    {
        if (Volatile.Read(ref _isStopping))
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
            return;
        }

        queue.Enqueue(item);
        // A barrier too.
        Wake();
        if (Volatile.Read(ref _hasEnded))
        {
            LeaveToPool(queue);
        }
    }

    static void LeaveToPool(ConcurrentQueue<IThreadPoolWorkItem> queue)
    {
        while (queue.TryDequeue(out var item))
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        }
    }

    void Run()
    {
        s_current = this;
        while (!Volatile.Read(ref _isStopping))
        {
            var mayRead = MayRead;
            var ready = Sleep(mayRead);
            RunPosted(_posted, isReading: false);
            if (mayRead)
            {
                RunPosted(_postedReads, isReading: true);
            }

            if (_handshakes is not null)
            {
                Read(mayRead ? _sessions! : _handshakes, ready);
                if (mayRead && ready == MaxReady)
                {
                    // Among so many, handshakes would wait for their turn.
                    Read(_handshakes, _handshakes.Wait(0));
                }
            }

            EndRound();
        }

        s_current = null;
        Volatile.Write(ref _hasEnded, true);
        // Who posts writes first and reads the flag then, so at least one of the two sees the other.
        Interlocked.MemoryBarrier();
        LeaveToPool(_posted);
        LeaveToPool(_postedReads);
    }

    int Sleep(bool mayRead)
    {
        Volatile.Write(ref _isSleeping, 1);
        Interlocked.MemoryBarrier();
        var hasWork = !_posted.IsEmpty || (mayRead ? !_postedReads.IsEmpty : MayRead) || Volatile.Read(ref _isStopping);
        var limit = hasWork ? 0 : mayRead ? -1 : Recheck;
        var ready = 0;
        if (_handshakes is null)
        {
            _signal.Wait(limit);
        }
        else
        {
            ready = (mayRead ? _sessions! : _handshakes).Wait(limit);
        }

        Volatile.Write(ref _isSleeping, 0);
        return ready;
    }

    // Not what is posted meanwhile.
    void RunPosted(ConcurrentQueue<IThreadPoolWorkItem> queue, bool isReading)
    {
        for (var left = queue.Count; left > 0 && (!isReading || MayRead) && queue.TryDequeue(out var item); left--)
        {
            item.Execute();
        }
    }

    void Read(Epoll set, int ready)
    {
        for (var i = 0; i < ready; i++)
        {
            var (token, events) = set[i];
            if (token != NoSocket)
            {
                // What is left is reported again.
                if ((set == _handshakes || MayRead) && Volatile.Read(ref _readers)[(int)token] is { } reader && reader.Token == token)
                {
                    reader.OnReady(events);
                }
            }
            else if (set == _handshakes)
            {
                _wakeUp!.Reset();
            }
            else
            {
                Read(_handshakes!, _handshakes!.Wait(0));
            }
        }
    }
}
