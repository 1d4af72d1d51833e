using System.Collections.Concurrent;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Models;

/// <summary>The models that a configuration names, loaded for work beside an engine: a replay, a backtest, or writing a folder anew.</summary>
sealed class ConfiguredModels : IDisposable
{
    readonly ConcurrentDictionary<string, bool> _missing = new(StringComparer.Ordinal);

    // Versions that the journal recorded, by their ids; null for those that cannot be loaded.
    readonly Dictionary<string, ServedModel?> _recorded = new(StringComparer.Ordinal);
    readonly Lock _gate = new();
    readonly string _registry;

    ConfiguredModels(ServingPlan plan, string registry, bool replacesChampion) => (Plan, _registry, ReplacesChampion) = (plan, registry, replacesChampion);

    /// <summary>Maximum number of recorded versions that are loaded.</summary>
    public const int MaxRecorded = 32;

    /// <summary>Whether the champion was given instead of the one that was in force.</summary>
    public bool ReplacesChampion { get; }

    /// <summary>The champion and the named models.</summary>
    public ServingPlan Plan { get; }

    /// <summary>The champion.</summary>
    public OnnxModel Champion => Plan.Champion.Model;

    /// <summary>Versions that the journal recorded, and names that its campaigns ask for, that are not among the models.</summary>
    public IReadOnlyList<string> Missing => [.. _missing.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Loads the models.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="champion">The champion's file; <see langword="null"/> for the configured one.</param>
    /// <exception cref="ModelException">One cannot be used. None is left loaded.</exception>
    public static ConfiguredModels Load(CartRecoveryConfig config, string? champion = null)
    {
        var model = OnnxModel.Load(champion ?? config.ModelPath, FeatureTable.Names);
        try
        {
            var plan = new ServingPlan(
                new ServedModel(model, ServingPlan.ChampionAlias), named: NamedModels.Load(config, (named, name) => new ServedModel(named, name)));
            return new ConfiguredModels(plan, Path.Combine(Path.GetFullPath(config.Data), "models"), champion is not null);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Finds a version that the journal recorded in the data folder's registry, and notes it as missing if it is not there. Thread-safe.</summary>
    /// <param name="id">The name in decisions.</param>
    public ServedModel? Find(string id)
    {
        lock (_gate)
        {
            if (!_recorded.TryGetValue(id, out var found))
            {
                found = _recorded.Values.Count(model => model is not null) < MaxRecorded ? LoadRecorded(id) : null;
                _recorded.Add(id, found);
            }

            if (found is null)
            {
                AddMissing(id);
            }

            return found;
        }
    }

    // Decisions name a version by the registry's id, or as the configured file names itself.
    ServedModel? LoadRecorded(string id)
    {
        if (id.LastIndexOf('@') <= 0 || !Directory.Exists(_registry))
        {
            return null;
        }

        try
        {
            var registry = new ModelRegistry(_registry, FeatureTable.Names, TimeProvider.System);
            var versions = registry.List(ModelName.Of(ModelRegistry.NameOf(id)))
                .Where(version => version.Problem is null && (version.Manifest.ServedAs == id || version.Id == id)).Take(2).ToList();
            return versions is [var version] ? new ServedModel(registry.Load(version), ServingPlan.ChampionAlias, id) : null;
        }
        catch (Exception e) when (e is ModelRegistryException or ModelException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Notes a version or a name that is missing. Thread-safe.</summary>
    public void AddMissing(string model) => _missing.TryAdd(model, true);

    /// <summary>Returns the first campaign that asks for a model that is absent; <see langword="null"/> if none does.</summary>
    public Campaign? FindUnserved(CampaignSet campaigns) => Unserved(Plan, campaigns).FirstOrDefault();

    /// <summary>Returns the campaigns that ask for a model that a plan does not have.</summary>
    public static IEnumerable<Campaign> Unserved(ServingPlan plan, CampaignSet campaigns) =>
        Enumerable.Range(0, campaigns.Count).Select(i => campaigns[i]).Where(campaign => campaign.Model is { } model && !plan.Named.Any(named => named.Alias == model));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in Plan.Models.Concat(_recorded.Values.OfType<ServedModel>()))
        {
            model.Model.Dispose();
        }
    }
}
