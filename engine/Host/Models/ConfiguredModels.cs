using System.Collections.Concurrent;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Decisions;
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

    ConfiguredModels(ServingPlan plan) => Plan = plan;

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
            return new ConfiguredModels(new ServingPlan(
                new ServedModel(model, ServingPlan.ChampionAlias), named: NamedModels.Load(config, (named, name) => new ServedModel(named, name))));
        }
        catch
        {
            model.Dispose();
            throw;
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
        foreach (var model in Plan.Models)
        {
            model.Model.Dispose();
        }
    }
}
