namespace CartRecovery.Host.Api.Status;

/// <summary>
/// Makes an answer at most once in a time, however many ask: those that come while it is made wait for the same one. A failure is kept as long
/// as an answer, so that it costs no more. Thread-safe.
/// </summary>
/// <param name="make">Makes the answer.</param>
/// <param name="keep">How long it is kept, from its end.</param>
/// <param name="time">The clock.</param>
sealed class SharedAnswer<T>(Func<Task<T>> make, TimeSpan keep, TimeProvider time)
{
    readonly Lock _gate = new();
    Task<T>? _answer;
    long _endedAt;

    /// <summary>Returns the answer, made now or before.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; the answer is made all the same.</exception>
    public Task<T> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_answer is null || (_answer.IsCompleted && time.GetElapsedTime(Interlocked.Read(ref _endedAt)) >= keep))
            {
                _answer = MakeAsync();
            }

            return _answer.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Forgets the answer: the next caller gets one that is made after this.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            _answer = null;
        }
    }

    async Task<T> MakeAsync()
    {
        // Not under the lock.
        await Task.Yield();
        try
        {
            return await make();
        }
        finally
        {
            Interlocked.Exchange(ref _endedAt, time.GetTimestamp());
        }
    }
}
