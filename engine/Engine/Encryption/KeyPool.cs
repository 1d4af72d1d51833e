using System.Security.Cryptography;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// Keeps durable keys of one use ready, so that taking one does not wait for the disk. Keys that were ready when the process ended are
/// never used. Thread-safe.
/// </summary>
/// <param name="files">The files of the keys.</param>
/// <param name="batch">The number of keys to create at a time.</param>
/// <param name="wrap">Encrypts a key for its record.</param>
sealed class KeyPool(KeyFiles files, int batch, KeyPool.Wrap wrap)
{
    static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(200);

    readonly Lock _gate = new();
    readonly Lock _making = new();
    readonly Queue<DataKey> _ready = new();
    long _next = -1;
    int _refills;

    /// <summary>Encrypts a key for its record.</summary>
    public delegate void Wrap(Span<byte> record, DataKey key);

    /// <summary>Takes a key. Blocks only if none is ready, and then until the disk accepts new ones. The journal cannot be written then either.</summary>
    /// <param name="stop">Cancels the wait.</param>
    /// <exception cref="IOException">The wait was cancelled.</exception>
    public DataKey Take(CancellationToken stop)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_ready.TryDequeue(out var key))
                {
                    if (_ready.Count < batch / 2 && _refills == 0)
                    {
                        _refills = 1;
                        _ = Task.Run(Refill, CancellationToken.None);
                    }

                    return key;
                }
            }

            try
            {
                MakeIfNone();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (stop.WaitHandle.WaitOne(s_retry))
                {
                    throw new IOException($"No key could be made: {e.Message}", e);
                }
            }
        }
    }

    void Refill()
    {
        try
        {
            lock (_making)
            {
                Make();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Take retries when no key is ready, and blocks.
        }
        finally
        {
            Volatile.Write(ref _refills, 0);
        }
    }

    void MakeIfNone()
    {
        lock (_making)
        {
            lock (_gate)
            {
                if (_ready.Count > 0)
                {
                    return;
                }
            }

            Make();
        }
    }

    void Make()
    {
        _next = _next < 0 ? files.FindEnd() : _next;
        var keys = new DataKey[Math.Min(batch, KeyFiles.RoomFrom(_next))];
        var records = new byte[keys.Length * WrappedKey.Size];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = new DataKey(_next + i, RandomNumberGenerator.GetBytes(DataKey.Size));
            wrap(records.AsSpan(i * WrappedKey.Size, WrappedKey.Size), keys[i]);
        }

        files.Write(_next, records);
        _next += keys.Length;
        lock (_gate)
        {
            Array.ForEach(keys, _ready.Enqueue);
        }
    }
}
