using System.Collections.Immutable;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>Which versions of models served, as the journal records it: a replay that has these versions decides as they did.</summary>
public sealed record ServingRecord
{
    /// <summary>The version that decided.</summary>
    public required string Champion { get; init; }

    /// <summary>The version that decided for a share of the shoppers; <see langword="null"/> for none.</summary>
    public string? Canary { get; init; }

    /// <summary>The canary's share of shoppers, 0–100.</summary>
    public double CanaryPercent { get; init; }

    /// <summary>The versions that scored beside the champion, with the share of the rows, 0–1.</summary>
    public ImmutableSortedDictionary<string, double> Shadows { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>The versions with a job of their own, by the name that campaigns ask for.</summary>
    public ImmutableSortedDictionary<string, string> Named { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Builds the plan from its models.</summary>
    /// <param name="find">Finds a version's model; <see langword="null"/> if it is not there.</param>
    /// <returns><see langword="null"/> if a model that decides is not there. Shadows are left out: they decide nothing.</returns>
    public ServingPlan? Resolve(Func<string, ServedModel?> find)
    {
        if (find(Champion) is not { } champion || (Canary is not null && find(Canary) is null))
        {
            return null;
        }

        var named = Named.Select(pair => find(pair.Value) is { } model ? As(model, pair.Key) : null).ToArray();
        return named.Contains(null) ? null : new ServingPlan(
            As(champion, ServingPlan.ChampionAlias),
            Canary is null ? null : new CanaryModel(As(find(Canary)!, ServingPlan.CanaryAlias), CanaryPercent),
            named: [.. named.OfType<ServedModel>()]);
    }

    static ServedModel As(ServedModel model, string alias) => model.Alias == alias ? model : new ServedModel(model.Model, alias, model.Id, model.Traffic);
}
