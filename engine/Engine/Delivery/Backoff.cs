using Polly;
using Polly.Retry;

namespace CartRecovery.Engine.Delivery;

/// <summary>Computes the delays between attempts: exponential with jitter, at most a minute each.</summary>
static class Backoff
{
    /// <summary>The maximum delay, even if a receiver asks for more.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Repeats while a delivery has pending items, respecting the delay that the receiver asked for. The delivery counts the tries, item by item.
    /// </summary>
    public static ResiliencePipeline<PendingDelivery> ForDeliveries(SinkRunnerOptions options, TimeProvider time) =>
        new ResiliencePipelineBuilder<PendingDelivery> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<PendingDelivery>
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Result is { Pending.Count: > 0 }),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = Max,
                DelayGenerator = static args => ValueTask.FromResult(args.Outcome.Result?.Wait),
            })
            .Build();

    /// <summary>Retries until success or cancellation.</summary>
    public static ResiliencePipeline ForConnects(SinkRunnerOptions options, TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Exception is SinkUnavailableException),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = Max,
            })
            .Build();
}
