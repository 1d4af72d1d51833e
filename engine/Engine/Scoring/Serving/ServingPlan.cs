using System.Collections.Immutable;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// Which models serve: the champion decides, a canary decides for a share of the shoppers, shadows score beside them, and named models score
/// the rows whose campaigns ask for them. Immutable: a change is another plan, exchanged between two batches.
/// </summary>
public sealed class ServingPlan
{
    /// <summary>The alias of the model that decides.</summary>
    public const string ChampionAlias = "champion";

    /// <summary>The alias of the candidate that decides for a share.</summary>
    public const string CanaryAlias = "canary";

    /// <summary>The alias of a model that scores beside the champion.</summary>
    public const string ShadowAlias = "shadow";

    /// <summary>Maximum number of shadows.</summary>
    public const int MaxShadows = 8;

    /// <summary>Maximum number of models with a job of their own.</summary>
    public const int MaxNamed = 8;

    /// <summary>Creates a plan.</summary>
    /// <exception cref="ArgumentException">There are too many shadows or named models, or one of them twice.</exception>
    public ServingPlan(ServedModel champion, CanaryModel? canary = null, ImmutableArray<ShadowModel> shadows = default, ImmutableArray<ServedModel> named = default)
    {
        (Champion, Canary) = (champion, canary);
        Shadows = shadows.IsDefault ? [] : shadows;
        Named = named.IsDefault ? [] : named;
        if (Shadows.Length > MaxShadows || Named.Length > MaxNamed)
        {
            throw new ArgumentException($"A plan has at most {MaxShadows} shadows and {MaxNamed} named models.");
        }

        if (Shadows.DistinctBy(shadow => (shadow.Served.Alias, shadow.Served.Id)).Count() < Shadows.Length
            || Named.DistinctBy(model => model.Alias).Count() < Named.Length)
        {
            throw new ArgumentException("A plan has a shadow or a named model only once.");
        }
    }

    /// <summary>The model that decides.</summary>
    public ServedModel Champion { get; }

    /// <summary>The candidate that decides for a share of the shoppers; <see langword="null"/> for none.</summary>
    public CanaryModel? Canary { get; }

    /// <summary>The models that score beside the champion.</summary>
    public ImmutableArray<ShadowModel> Shadows { get; }

    /// <summary>The models with a job of their own; their alias is the name that campaigns ask for.</summary>
    public ImmutableArray<ServedModel> Named { get; }

    /// <summary>All models of the plan.</summary>
    public IEnumerable<ServedModel> Models =>
        [Champion, .. Canary is null ? [] : (ServedModel[])[Canary.Served], .. Shadows.Select(shadow => shadow.Served), .. Named];

    /// <summary>A plan with one model that decides on everything.</summary>
    public static ServingPlan Of(OnnxModel model) => new(new ServedModel(model, ChampionAlias));

    /// <summary>Returns the plan with another champion or other named models; <see langword="null"/> keeps them.</summary>
    public ServingPlan With(ServedModel? champion = null, ImmutableArray<ServedModel>? named = null) =>
        champion is null && named is null ? this : new(champion ?? Champion, Canary, Shadows, named ?? Named);

    /// <summary>What the journal records of the plan: the models that are in use. Partitions use a model that was stopped until the next record.</summary>
    public ServingRecord Record => new()
    {
        Champion = Champion.Id,
        Canary = Canary is { Served.Fault: null } ? Canary.Served.Id : null,
        CanaryPercent = Canary is { Served.Fault: null } ? Canary.Percent : 0,
        Shadows = Shadows.Where(shadow => shadow.Served.Fault is null).GroupBy(shadow => shadow.Served.Id).ToImmutableSortedDictionary(
            version => version.Key, version => version.Max(shadow => shadow.Rate), StringComparer.Ordinal),
        Named = Named.Where(model => model.Fault is null).ToImmutableSortedDictionary(model => model.Alias, model => model.Id, StringComparer.Ordinal),
    };
}
