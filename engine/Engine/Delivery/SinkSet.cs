using System.Collections.Concurrent;
using System.Collections.Frozen;
using CartRecovery.Contracts;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Delivery;

/// <summary>Holds all configured sinks by name. Thread-safe; a reload of the configuration replaces some of them.</summary>
public sealed class SinkSet
{
    readonly Func<(string Name, SinkSpec Spec, SinkSettings Settings, SinkRunnerOptions Options), SinkRunner> _create;
    readonly ConcurrentDictionary<string, DeliveryCounters> _counters = new(StringComparer.Ordinal);
    volatile FrozenDictionary<string, SinkRunner> _byName;
    volatile IReadOnlyList<SinkRunner> _runners;
    volatile Task _closing = Task.CompletedTask;

    /// <summary>Creates the sinks without connecting them.</summary>
    /// <param name="sinks">The configured sinks, with unique names.</param>
    /// <param name="time">The clock for all sinks.</param>
    /// <param name="loggers">Creates the sinks' loggers.</param>
    /// <param name="observer">Called with every final outcome; see <see cref="SinkRunner"/> for threads.</param>
    /// <exception cref="SinkConfigurationException">A sink's settings are invalid.</exception>
    /// <exception cref="ArgumentException">Two sinks have the same name, or an option is out of range.</exception>
    public SinkSet(
        IEnumerable<(string Name, SinkSpec Spec, SinkSettings Settings, SinkRunnerOptions Options)> sinks,
        TimeProvider time,
        ILoggerFactory loggers,
        Action<Intervention, DeliveryResult>? observer = null)
    {
        var logger = loggers.CreateLogger("CartRecovery.Delivery");
        _create = sink => new SinkRunner(sink.Name, sink.Spec, sink.Settings, sink.Options, time, logger, observer, Withdrawn)
        {
            Counters = _counters.GetOrAdd(sink.Name, _ => new DeliveryCounters()),
        };
        _runners = [.. sinks.Select(_create)];
        if (Runners.DistinctBy(runner => runner.Name, StringComparer.Ordinal).Count() < Runners.Count)
        {
            throw new ArgumentException("Two sinks have the same name.", nameof(sinks));
        }

        _byName = _runners.ToFrozenDictionary(runner => runner.Name, StringComparer.Ordinal);
    }

    /// <summary>Interventions that wait in a queue, or will be enqueued again, and must not be delivered.</summary>
    public Withdrawals Withdrawn { get; } = new();

    /// <summary>Sinks, in the order of the configuration.</summary>
    public IReadOnlyList<SinkRunner> Runners => _runners;

    /// <summary>Connects all sinks and starts delivering. Call once.</summary>
    public void Start()
    {
        foreach (var runner in Runners)
        {
            runner.Start();
        }
    }

    /// <summary>Creates a sink to be used by <see cref="Replace"/>, without connecting it.</summary>
    /// <exception cref="SinkConfigurationException">The settings are invalid.</exception>
    public SinkRunner Create((string Name, SinkSpec Spec, SinkSettings Settings, SinkRunnerOptions Options) sink) => _create(sink);

    /// <summary>
    /// Replaces the sinks. New ones take interventions at once, and connect when the former ones are closed: both may use one file, program
    /// or login. One call at a time.
    /// </summary>
    /// <param name="runners">All sinks, in the order of the configuration, with unique names.</param>
    /// <param name="deadline">How long a former sink may take to deliver its queue. What is left is reported as kept.</param>
    /// <returns>Completes once the former sinks are closed and the new ones connect.</returns>
    public Task Replace(IReadOnlyList<SinkRunner> runners, TimeSpan deadline)
    {
        var former = _runners;
        _byName = runners.ToFrozenDictionary(runner => runner.Name, StringComparer.Ordinal);
        _runners = runners;

        // With those of an earlier call, which may not be closed yet.
        _closing = Task.WhenAll(former.Except(runners).Select(runner => runner.DrainAsync(deadline)).Prepend(_closing));
        return StartAsync([.. runners.Except(former)], _closing);
    }

    /// <summary>Enqueues an intervention without waiting. Any thread.</summary>
    /// <param name="channel">The sink's name.</param>
    /// <param name="intervention">The intervention to deliver.</param>
    /// <returns><see langword="false"/> if no sink has this name, or its queue is full or closed.</returns>
    public bool TryDeliver(string channel, Intervention intervention) =>
        _byName.TryGetValue(channel, out var runner) && runner.TryEnqueue(intervention);

    /// <summary>Returns the free capacity of a sink's queue; 0 if there is no such sink.</summary>
    public int FreeCapacityOf(string channel) => _byName.TryGetValue(channel, out var runner) ? runner.FreeCapacity : 0;

    /// <summary>Returns whether a sink of this name exists.</summary>
    public bool Has(string channel) => _byName.ContainsKey(channel);

    /// <summary>Enqueues an intervention, waiting for room.</summary>
    /// <returns><see langword="false"/> if no sink has this name.</returns>
    /// <exception cref="System.Threading.Channels.ChannelClosedException">The queue is closed.</exception>
    public async ValueTask<bool> DeliverAsync(string channel, Intervention intervention)
    {
        if (!_byName.TryGetValue(channel, out var runner))
        {
            return false;
        }

        await runner.EnqueueAsync(intervention);
        return true;
    }

    /// <summary>Checks all sinks' health concurrently; completes within two seconds.</summary>
    public Task<SinkReport[]> CheckHealthAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Runners.Select(runner => runner.CheckHealthAsync(cancellationToken)));

    /// <summary>Drains all sinks concurrently; see <see cref="SinkRunner.DrainAsync"/>. Former sinks have their own deadline.</summary>
    public Task DrainAsync(TimeSpan deadline) => Task.WhenAll(Runners.Select(runner => runner.DrainAsync(deadline)).Prepend(_closing));

    static async Task StartAsync(SinkRunner[] runners, Task closing)
    {
        await closing;
        foreach (var runner in runners)
        {
            runner.Start();
        }
    }
}
