namespace CartRecovery.Engine.Models;

/// <summary>The aliases of a model, as stored.</summary>
/// <param name="Format">The file's format: 1.</param>
/// <param name="Moves">The number of moves ever made.</param>
/// <param name="Aliases">The aliases, by name.</param>
/// <param name="History">The last moves, oldest first.</param>
/// <param name="ServedUntil">When versions last ceased to serve, by id.</param>
sealed record ModelAliasFile(
    int Format, long Moves, IReadOnlyList<ModelAlias> Aliases, IReadOnlyList<ModelAliasChange> History, IReadOnlyDictionary<string, DateTimeOffset> ServedUntil)
{
    /// <summary>The number of moves kept.</summary>
    internal const int MaxHistory = 1000;

    internal static ModelAliasFile Empty { get; } =
        new(ModelManifest.CurrentFormat, 0, [], [], new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal));

    internal ModelAlias? Find(string alias) => Aliases.FirstOrDefault(known => known.Name == alias);

    /// <summary>Returns the aliases after a move.</summary>
    internal ModelAliasFile With(ModelMove move, string? version, DateTimeOffset at)
    {
        var (alias, by, why) = (move.Alias, move.By, move.Why);
        var former = Find(alias)?.Version;
        var aliases = Aliases.Where(known => known.Name != alias);
        if (version is not null)
        {
            aliases = aliases.Append(new ModelAlias(alias, version, at, by, why));
        }

        var served = new Dictionary<string, DateTimeOffset>(ServedUntil, StringComparer.Ordinal);
        if (former is not null && ModelAlias.Serves(alias))
        {
            served[former] = at;
        }

        return this with
        {
            Moves = Moves + 1,
            Aliases = [.. aliases.OrderBy(known => known.Name, StringComparer.Ordinal)],
            History = [.. History.Append(new ModelAliasChange(Moves + 1, alias, former, version, at, by, why) { IsRollback = move.IsRollback }).TakeLast(MaxHistory)],
            ServedUntil = served,
        };
    }

    /// <summary>Forgets a deleted version.</summary>
    internal ModelAliasFile Without(string version) => this with
    {
        ServedUntil = ServedUntil.Where(served => served.Key != version).ToDictionary(StringComparer.Ordinal),
    };
}
