using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Delivery;

/// <summary>
/// A circuit breaker that makes writes wait instead of failing them. After so many failures in a row it opens: whoever wants to write
/// waits, and one after another, each after a longer break, is let through to probe, until a probe succeeds. Polly's breaker goes by the
/// share of failures and refuses what comes meanwhile, which would cost retries.
/// </summary>
sealed class SinkCircuit(string name, SinkRunnerOptions options, TimeProvider time, ILogger logger)
{
    readonly Lock _lock = new();

    // Held while a break is waited for and probed; those who wait get it in the order in which they came.
    readonly SemaphoreSlim _probing = new(1);
    TimeSpan _break;
    int _failures;
    int _state;

    public CircuitState State => (CircuitState)Volatile.Read(ref _state);

    /// <summary>Returns when a write may be made.</summary>
    /// <returns>The write is a probe; either way <see cref="Leave"/> ends it.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async ValueTask<bool> EnterAsync(CancellationToken stop)
    {
        if (State == CircuitState.Closed)
            return false;
        await _probing.WaitAsync(stop);
        try
        {
            TimeSpan wait;
            lock (_lock)
                wait = _break;
            if (State != CircuitState.Closed)
            {
                await Task.Delay(wait, time, stop);
                // A write from before it opened may have closed it.
                if (Interlocked.CompareExchange(ref _state, (int)CircuitState.HalfOpen, (int)CircuitState.Open) == (int)CircuitState.Open)
                    return true;
            }
        }
        catch (OperationCanceledException)
        {
            _probing.Release();
            throw;
        }

        _probing.Release();
        return false;
    }

    /// <summary>Takes how a write went.</summary>
    /// <param name="probe">What <see cref="EnterAsync"/> returned.</param>
    /// <param name="decided">The receiver decided on something; <see langword="null"/> if the write was cut short.</param>
    /// <param name="asked">How long the receiver asked to wait, if it did.</param>
    public void Leave(bool probe, bool? decided, TimeSpan? asked = null)
    {
        lock (_lock)
        {
            var before = State;
            if (decided == true)
            {
                _failures = 0;
                Volatile.Write(ref _state, (int)CircuitState.Closed);
                if (before != CircuitState.Closed)
                    DeliveryLog.CircuitClosed(logger, name);
            }
            else
            {
                // Of writes that began before it opened, the failures say nothing new.
                if (decided == false && (probe || before == CircuitState.Closed))
                    _failures++;
                if (probe || (before == CircuitState.Closed && _failures >= options.BreakAfter))
                {
                    _break = BreakAfter(_failures, asked);
                    Volatile.Write(ref _state, (int)CircuitState.Open);
                    DeliveryLog.CircuitOpened(logger, name, _failures, _break.TotalSeconds);
                }
            }
        }

        if (probe)
            _probing.Release();
    }

    // Doubles with each failure, less up to a third, so that engines that lost the same receiver do not come back at once.
    TimeSpan BreakAfter(int failures, TimeSpan? asked)
    {
        var wait = options.RetryDelay * Math.ScaleB(1 - Random.Shared.NextDouble() / 3, Math.Min(failures, 20) - 1);
        if (asked > wait)
            wait = asked.Value;
        return wait < Backoff.Longest ? wait : Backoff.Longest;
    }
}
