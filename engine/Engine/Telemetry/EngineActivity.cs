using System.Diagnostics;

namespace CartRecovery.Engine.Telemetry;

/// <summary>Creates the engine's spans. Without a listener a span costs one comparison.</summary>
public static class EngineActivity
{
    /// <summary>The source's name.</summary>
    public const string SourceName = "CartRecovery";

    /// <summary>The source.</summary>
    public static ActivitySource Source { get; } = new(SourceName);

    /// <summary>
    /// Starts the span of an attempt to write a batch to a sink. It is current until it ends, so HTTP sinks send <c>traceparent</c>.
    /// </summary>
    /// <param name="sink">The sink's name.</param>
    /// <param name="items">The number of interventions in the batch.</param>
    /// <returns>The span; null if there is no listener.</returns>
    public static Activity? BeginSinkWrite(string sink, int items)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var span = Source.StartActivity($"sink write {sink}", ActivityKind.Client);
        span?.SetTag("cartrecovery.sink", sink);
        span?.SetTag("cartrecovery.interventions", items);
        return span;
    }

    /// <summary>Ends the span of an attempt.</summary>
    /// <param name="span">The span, if there is one.</param>
    /// <param name="problem">Why the whole batch failed; null if it did not.</param>
    public static void EndSinkWrite(Activity? span, string? problem)
    {
        if (span is null)
        {
            return;
        }

        span.SetStatus(problem is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, problem);
        span.Dispose();
    }
}
