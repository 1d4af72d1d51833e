using System.Globalization;
using CartRecovery.Contracts;

namespace CartRecovery.Host.Jobs;

/// <summary>Probes sinks in parallel, so that one that hangs or fails does not hide the others.</summary>
static class SinkProbe
{
    /// <summary>Probes all sinks within a time limit.</summary>
    /// <param name="sinks">The sinks, by name.</param>
    /// <param name="limit">The time limit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives the durations and problems. Any thread.</param>
    /// <param name="stop">Cancels the probes.</param>
    /// <returns>The problems, each with its sink's name, in the order of the sinks.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<(string Name, Func<CancellationToken, Task<SinkHealth>> Check)> sinks, TimeSpan limit, TimeProvider time, Action<string> log, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(limit, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var problems = await Task.WhenAll(sinks.Select(sink => ProbeAsync(sink.Name, sink.Check, limit, time, log, ended.Token)));
        stop.ThrowIfCancellationRequested();
        return [.. problems.OfType<string>()];
    }

    static async Task<string?> ProbeAsync(
        string name, Func<CancellationToken, Task<SinkHealth>> check, TimeSpan limit, TimeProvider time, Action<string> log, CancellationToken ended)
    {
        var (started, problem) = (time.GetTimestamp(), (string?)null);
        try
        {
            // A plugin may block, and may ignore the token.
            var health = await Task.Run(() => check(ended), ended).WaitAsync(ended);
            problem = health.Healthy ? null : health.Detail ?? "not healthy";
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"no answer within {limit.TotalSeconds} s");
        }
        catch (Exception e)
        {
            // Any exception is the sink's problem.
            problem = $"{e.GetType().Name}: {e.Message}";
        }

        log(string.Create(CultureInfo.InvariantCulture, $"sink {name}{(problem is null ? "" : $": {problem}")}: {time.GetElapsedTime(started).TotalMilliseconds:F1} ms"));
        return problem is null ? null : $"{name}: {problem}";
    }
}
