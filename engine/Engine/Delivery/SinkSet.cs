using System.Collections.Frozen;
using CartRecovery.Contracts;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Delivery;

/// <summary>Holds all configured sinks by name.</summary>
public sealed class SinkSet
{
    readonly FrozenDictionary<string, SinkRunner> _byName;

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
        Action<Intervention, FinalOutcome, string?>? observer = null)
    {
        var logger = loggers.CreateLogger("CartRecovery.Delivery");
        Runners = [.. sinks.Select(sink =>
            new SinkRunner(sink.Name, sink.Spec, sink.Settings, sink.Options, time, logger, observer))];
        if (Runners.DistinctBy(runner => runner.Name, StringComparer.Ordinal).Count() < Runners.Count)
        {
            throw new ArgumentException("Two sinks have the same name.", nameof(sinks));
        }

        _byName = Runners.ToFrozenDictionary(runner => runner.Name, StringComparer.Ordinal);
    }

    /// <summary>Sinks, in the order of the configuration.</summary>
    public IReadOnlyList<SinkRunner> Runners { get; }

    /// <summary>Connects all sinks and starts delivering. Call once.</summary>
    public void Start()
    {
        foreach (var runner in Runners)
        {
            runner.Start();
        }
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

    /// <summary>Drains all sinks concurrently; see <see cref="SinkRunner.DrainAsync"/>.</summary>
    public Task DrainAsync(TimeSpan deadline) => Task.WhenAll(Runners.Select(runner => runner.DrainAsync(deadline)));
}
