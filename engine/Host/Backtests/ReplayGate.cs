namespace CartRecovery.Host.Backtests;

/// <summary>
/// Keeps replays and erasures apart. An erasure ends the running replay, which has people in its scratch files; the replay begins again after it. Thread-safe.
/// </summary>
sealed class ReplayGate
{
    readonly SemaphoreSlim _free = new(1, 1);
    readonly Lock _gate = new();
    CancellationTokenSource? _replay;
    int _erasures;

    /// <summary>Whether a replay or an erasure runs.</summary>
    public bool IsBusy => _free.CurrentCount == 0;

    /// <summary>Runs a replay. Repeats it if an erasure ends it.</summary>
    /// <param name="replay">The replay. It must observe the token, and leave no files.</param>
    /// <param name="cancellation">Cancels the replay.</param>
    public async Task<T> ReplayAsync<T>(Func<CancellationToken, Task<T>> replay, CancellationToken cancellation)
    {
        while (true)
        {
            await _free.WaitAsync(cancellation);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            try
            {
                lock (_gate)
                {
                    if (_erasures == 0)
                    {
                        _replay = ended;
                    }
                }

                if (_replay is not null)
                {
                    return await replay(ended.Token);
                }
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                // An erasure ended it.
            }
            finally
            {
                lock (_gate)
                {
                    _replay = null;
                }

                _free.Release();
            }
        }
    }

    /// <summary>Ends the running replay, and begins none until the result is disposed.</summary>
    /// <param name="cancellation">Cancels the wait.</param>
    public async Task<IDisposable> EraseAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            _erasures++;
            _ = _replay?.CancelAsync();
        }

        try
        {
            await _free.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            End();
            throw;
        }

        return new Erasure(this);
    }

    void End()
    {
        lock (_gate)
        {
            _erasures--;
        }
    }

    sealed class Erasure(ReplayGate gate) : IDisposable
    {
        public void Dispose()
        {
            gate.End();
            gate._free.Release();
        }
    }
}
