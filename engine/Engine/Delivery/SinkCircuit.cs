using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Delivery;

/// <summary>
/// A circuit breaker that delays writes instead of failing them. It opens after a number of consecutive failures; writers then wait, and
/// one at a time, after growing delays, passes as a probe until one succeeds. Polly's breaker uses a failure ratio and rejects
/// calls while open, which would consume retries. A sink whose sender is refused is halted instead, at the first refusal, and probed less often;
/// one whose receiver wants no more is disabled.
/// </summary>
sealed class SinkCircuit(string name, SinkRunnerOptions options, TimeProvider time, ILogger logger)
{
    // Pauses of a halted sink. The first is short, because the refusal may have been one recipient's after all.
    static readonly TimeSpan s_haltBreak = TimeSpan.FromSeconds(5), s_maxHaltBreak = TimeSpan.FromMinutes(15);

    readonly Lock _lock = new();

    // Held while waiting for and making a probe; waiters acquire it in order of arrival.
    readonly SemaphoreSlim _probing = new(1);
    TimeSpan _break;
    int _failures, _halts;
    int _state;
    SinkHalt? _halt;

    public CircuitState State => (CircuitState)Volatile.Read(ref _state);

    /// <summary>Why the sink has stopped; <see langword="null"/> if it has not.</summary>
    public SinkHalt? Halt
    {
        get
        {
            lock (_lock)
            {
                return _halt;
            }
        }
    }

    /// <summary>Waits until a write may be made: forever, if the sink is disabled.</summary>
    /// <returns>Whether the write is a probe. Either way, <see cref="Leave"/> ends it.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async ValueTask<bool> EnterAsync(CancellationToken stop)
    {
        if (State == CircuitState.Closed)
        {
            return false;
        }

        await _probing.WaitAsync(stop);
        try
        {
            TimeSpan wait;
            lock (_lock)
            {
                wait = _halt is { IsFinal: true } ? Timeout.InfiniteTimeSpan : _break;
            }

            if (State != CircuitState.Closed)
            {
                await Task.Delay(wait, time, stop);
                // A write that began before it opened may have closed it.
                if (Interlocked.CompareExchange(ref _state, (int)CircuitState.HalfOpen, (int)CircuitState.Open) == (int)CircuitState.Open)
                {
                    return true;
                }
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

    /// <summary>Records the result of a write.</summary>
    /// <param name="probe">The result of <see cref="EnterAsync"/>.</param>
    /// <param name="decided">Whether the receiver decided on any item; <see langword="null"/> if the write was cut short.</param>
    /// <param name="asked">The delay that the receiver asked for, if any.</param>
    /// <param name="halt">Why the sink must stop, if it must.</param>
    public void Leave(bool probe, bool? decided, TimeSpan? asked = null, SinkHalt? halt = null)
    {
        lock (_lock)
        {
            var before = State;
            if (halt is { } refusal)
            {
                Stop(refusal, probe || before == CircuitState.Closed);
            }
            else if (decided == true && _halt is not { IsFinal: true })
            {
                (_failures, _halts, _halt) = (0, 0, null);
                Volatile.Write(ref _state, (int)CircuitState.Closed);
                if (before != CircuitState.Closed)
                {
                    DeliveryLog.CircuitClosed(logger, name);
                }
            }
            else
            {
                // Failures of writes that began before it opened carry no new information.
                if (decided == false && (probe || before == CircuitState.Closed))
                {
                    _failures++;
                }

                if (probe && _halt is not null)
                {
                    Volatile.Write(ref _state, (int)CircuitState.Open);
                }
                else if (probe || (before == CircuitState.Closed && _failures >= options.BreakAfter))
                {
                    _break = BreakAfter(_failures, asked);
                    Volatile.Write(ref _state, (int)CircuitState.Open);
                    DeliveryLog.CircuitOpened(logger, name, _failures, _break.TotalSeconds);
                }
            }
        }

        if (probe)
        {
            _probing.Release();
        }
    }

    // A refusal by a write that began before the sink stopped tells nothing new.
    void Stop(SinkHalt refusal, bool isNew)
    {
        if (isNew)
        {
            var pause = s_haltBreak * Math.ScaleB(1, Math.Min(_halts++, 20));
            _break = pause < s_maxHaltBreak ? pause : s_maxHaltBreak;
        }

        if (_halt is null || refusal.IsFinal)
        {
            DeliveryLog.Halted(logger, name, refusal.Reason, refusal.IsFinal ? "until the engine starts again" : "until the receiver accepts a probe");
        }

        _halt = _halt is { IsFinal: true } ? _halt : refusal;
        Volatile.Write(ref _state, (int)CircuitState.Open);
    }

    // Doubles with each failure, less up to a third, so that engines do not all return to a recovered receiver at once.
    TimeSpan BreakAfter(int failures, TimeSpan? asked)
    {
        var wait = options.RetryDelay * Math.ScaleB(1 - Random.Shared.NextDouble() / 3, Math.Min(failures, 20) - 1);
        if (asked > wait)
        {
            wait = asked.Value;
        }

        return wait < Backoff.Max ? wait : Backoff.Max;
    }
}
