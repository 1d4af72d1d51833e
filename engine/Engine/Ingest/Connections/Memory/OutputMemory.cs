namespace CartRecovery.Engine.Ingest.Connections.Memory;

/// <summary>
/// Reserves the memory for a client's unread output beyond a small allowance, in steps. What is reserved for pending output stays so until
/// that output is written. Reserving and moving are called under the output's lock.
/// </summary>
sealed class OutputMemory(BufferQuota buffers)
{
    /// <summary>Bytes that every connection may keep for its client to read. The system holds more.</summary>
    public const int Allowance = 4 * 1024;

    // A step serves the output, and its copy that is being sent.
    const int Step = 16 * 1024;
    const int Copies = 2;

    int _pending;
    int _writing;

    /// <summary>Reserves memory for pending output.</summary>
    /// <param name="bytes">The length of all pending output.</param>
    /// <returns><see langword="false"/> if there is none.</returns>
    public bool TryReserve(int bytes)
    {
        while (bytes > Allowance + _pending)
        {
            if (!buffers.TryReserve(Step * Copies))
            {
                return false;
            }

            _pending += Step;
        }

        return true;
    }

    /// <summary>Moves what is reserved for pending output to the output being written.</summary>
    public void BeginWriting()
    {
        _writing += _pending;
        _pending = 0;
    }

    /// <summary>Releases what was reserved for the output that has been written.</summary>
    public void EndWriting()
    {
        var bytes = Interlocked.Exchange(ref _writing, 0);
        if (bytes > 0)
        {
            buffers.Release(bytes * Copies);
        }
    }
}
