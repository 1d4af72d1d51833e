using Polly;
using Polly.Retry;

namespace CartRecovery.Engine.Delivery;

/// <summary>The waits between tries: exponential with jitter, at most a minute each.</summary>
static class Backoff
{
    /// <summary>The longest wait, also for a receiver that asks for more.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Tries again while a delivery has items left, waiting for as long as the receiver asked where it did.</summary>
    public static ResiliencePipeline<PendingDelivery> ForDeliveries(SinkRunnerOptions options, TimeProvider time) =>
        options.Retries == 0
            ? ResiliencePipeline<PendingDelivery>.Empty
            : new ResiliencePipelineBuilder<PendingDelivery> { TimeProvider = time }
                .AddRetry(new RetryStrategyOptions<PendingDelivery>
                {
                    MaxRetryAttempts = options.Retries,
                    ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Result is { Pending.Count: > 0 }),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = options.RetryDelay,
                    MaxDelay = Longest,
                    DelayGenerator = static args => ValueTask.FromResult(args.Outcome.Result?.Wait),
                })
                .Build();

    /// <summary>Tries again until it succeeds or is cancelled.</summary>
    public static ResiliencePipeline ForConnects(SinkRunnerOptions options, TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Exception is SinkUnavailableException),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = Longest,
            })
            .Build();
}
