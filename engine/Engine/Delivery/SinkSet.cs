using System.Collections.Frozen;
using CartRecovery.Contracts;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Delivery;

/// <summary>Every configured sink, by name.</summary>
public sealed class SinkSet
{
    readonly FrozenDictionary<string, SinkRunner> _byName;

    /// <summary>Makes the sinks, without opening them.</summary>
    /// <param name="sinks">The configured sinks; names are unique.</param>
    /// <param name="time">The clock of all of them.</param>
    /// <param name="loggers">Gives each its logger.</param>
    /// <param name="observer">Told every intervention's final outcome; <see cref="SinkRunner"/> says on which thread.</param>
    /// <exception cref="SinkConfigurationException">A sink's settings cannot work.</exception>
    /// <exception cref="ArgumentException">Two sinks have the same name, or an option is out of its range.</exception>
    public SinkSet(
        IEnumerable<(string Name, SinkSpec Spec, SinkSettings Settings, SinkRunnerOptions Options)> sinks,
        TimeProvider time,
        ILoggerFactory loggers,
        Action<Intervention, DeliveryAttemptOutcome, string?>? observer = null)
    {
        var logger = loggers.CreateLogger("CartRecovery.Delivery");
        Runners = [.. sinks.Select(sink =>
            new SinkRunner(sink.Name, sink.Spec, sink.Settings, sink.Options, time, logger, observer))];
        if (Runners.DistinctBy(runner => runner.Name, StringComparer.Ordinal).Count() < Runners.Count)
            throw new ArgumentException("Two sinks have the same name.", nameof(sinks));
        _byName = Runners.ToFrozenDictionary(runner => runner.Name, StringComparer.Ordinal);
    }

    /// <summary>The sinks, in the order of the configuration.</summary>
    public IReadOnlyList<SinkRunner> Runners { get; }

    /// <summary>Connects all sinks and begins to deliver. To be called once.</summary>
    public void Start()
    {
        foreach (var runner in Runners)
            runner.Start();
    }

    /// <summary>Puts an intervention into a sink's queue. Never waits; any thread may call it.</summary>
    /// <param name="channel">The sink's name.</param>
    /// <param name="intervention">What is to be delivered.</param>
    /// <returns><see langword="false"/> when no sink has that name, or its queue is full or closed.</returns>
    public bool TryDeliver(string channel, Intervention intervention) =>
        _byName.TryGetValue(channel, out var runner) && runner.TryEnqueue(intervention);

    /// <summary>How many more interventions the sink of this name would take now; 0 where there is none.</summary>
    public int RoomOf(string channel) => _byName.TryGetValue(channel, out var runner) ? runner.FreePlaces : 0;

    /// <summary>There is a sink of this name.</summary>
    public bool Has(string channel) => _byName.ContainsKey(channel);

    /// <summary>Puts an intervention into a sink's queue as soon as there is room.</summary>
    /// <returns><see langword="false"/> when no sink has that name.</returns>
    /// <exception cref="System.Threading.Channels.ChannelClosedException">The queue is closed.</exception>
    public async ValueTask<bool> DeliverAsync(string channel, Intervention intervention)
    {
        if (!_byName.TryGetValue(channel, out var runner))
            return false;
        await runner.EnqueueAsync(intervention);
        return true;
    }

    /// <summary>Asks all sinks at once whether they can deliver; answers within two seconds.</summary>
    public Task<SinkReport[]> CheckHealthAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Runners.Select(runner => runner.CheckHealthAsync(cancellationToken)));

    /// <summary>Drains all sinks at once; see <see cref="SinkRunner.DrainAsync"/>.</summary>
    public Task DrainAsync(TimeSpan deadline) => Task.WhenAll(Runners.Select(runner => runner.DrainAsync(deadline)));
}
