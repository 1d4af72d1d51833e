using System.Collections.Immutable;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Composition.Listening;

namespace CartRecovery.Host.Composition;

/// <summary>Holds everything that a reload creates before it changes the engine. Unless it is committed, disposal releases the parts.</summary>
/// <param name="config">The configuration.</param>
/// <param name="values">Its values.</param>
/// <param name="applied">The changed keys that the reload applies.</param>
/// <param name="needsRestart">The changed keys that require a restart.</param>
/// <param name="registry">The stores' numbers.</param>
/// <param name="stores">The stores.</param>
sealed class PreparedReload(
    CartRecoveryConfig config, IReadOnlyList<ConfigValue> values, IReadOnlyList<string> applied, IReadOnlyList<string> needsRestart,
    StoreRegistry registry, StoreDirectory stores) : IDisposable
{
    // New sinks were never started, so they have nothing to deliver.
    static readonly TimeSpan s_drain = TimeSpan.FromSeconds(1);

    readonly List<SinkRunner> _sinks = [];
    readonly List<SinkRunner> _newSinks = [];

    /// <summary>The configuration.</summary>
    public CartRecoveryConfig Config => config;

    /// <summary>Its values.</summary>
    public IReadOnlyList<ConfigValue> Values => values;

    /// <summary>The changed keys that the reload applies.</summary>
    public IReadOnlyList<string> Applied => applied;

    /// <summary>The changed keys that require a restart.</summary>
    public IReadOnlyList<string> NeedsRestart => needsRestart;

    /// <summary>The stores' numbers.</summary>
    public StoreRegistry Registry => registry;

    /// <summary>The stores. Unchanged ones are the objects in force.</summary>
    public StoreDirectory Stores => stores;

    /// <summary>The ports' certificates.</summary>
    public TlsCertificates.Pair? Certificates { get; set; }

    /// <summary>The new model; <see langword="null"/> if it did not change.</summary>
    public OnnxModel? NewModel { get; set; }

    /// <summary>The new models with a job of their own; <see langword="null"/> if they did not change.</summary>
    public ImmutableArray<ServedModel>? NewNamed { get; set; }

    /// <summary>The models that serve from then on; <see langword="null"/> until it is applied.</summary>
    public ServingPlan? Serving { get; set; }

    /// <summary>All sinks in the order of the configuration, kept and new ones.</summary>
    public IReadOnlyList<SinkRunner> Sinks => _sinks;

    /// <summary>The new sinks, not started.</summary>
    public IReadOnlyList<SinkRunner> NewSinks => _newSinks;

    /// <summary>Whether the engine now owns the parts.</summary>
    public bool IsCommitted { get; set; }

    /// <summary>Adds a sink.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="isNew">Whether it was created for this reload.</param>
    public void Add(SinkRunner sink, bool isNew)
    {
        _sinks.Add(sink);
        if (isNew)
        {
            _newSinks.Add(sink);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsCommitted)
        {
            return;
        }

        Certificates?.Http?.TargetCertificate.Dispose();
        Certificates?.Stream?.TargetCertificate.Dispose();
        NewModel?.Dispose();
        foreach (var named in NewNamed ?? [])
        {
            named.Model.Dispose();
        }

        foreach (var sink in _newSinks)
        {
            _ = sink.DrainAsync(s_drain);
        }
    }
}
