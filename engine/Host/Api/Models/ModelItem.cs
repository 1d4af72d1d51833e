using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Api.Models;

/// <summary>A version of a model.</summary>
/// <param name="Id">`name@hash`.</param>
/// <param name="Name">The model.</param>
/// <param name="Hash">SHA-256 of the model's bytes; null if its files are damaged.</param>
/// <param name="Declared">Name and version in the model's own metadata.</param>
/// <param name="Aliases">The aliases that name it.</param>
/// <param name="IsServing">Whether it scores carts now.</param>
/// <param name="Source">Where it came from: `configuration`, `upload`, `mlflow`, `training`.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="CreatedBy">The actor who registered it, as in the audit log.</param>
/// <param name="Size">Bytes of the model.</param>
/// <param name="Metrics">Its measures, by name.</param>
/// <param name="Parent">The version that it was derived from.</param>
/// <param name="Problem">Why it cannot be used; null if nothing is known.</param>
sealed record ModelItem(
    string Id, string Name, string? Hash, string? Declared, IReadOnlyList<string> Aliases, bool IsServing, string? Source, DateTime? CreatedAt, string? CreatedBy, long? Size,
    IReadOnlyDictionary<string, double>? Metrics, string? Parent, string? Problem)
{
    /// <summary>Describes a version.</summary>
    public static ModelItem Of(ModelVersion version, IModelControl models)
    {
        var found = version.Found;
        return new ModelItem(version.Id, ModelRegistry.NameOf(version.Id), found?.Hash, found?.Declared, AliasesOf(version, models.ModelRegistry), version.Id == models.ServedVersion,
            found?.Source, found?.CreatedAt.UtcDateTime, found?.CreatedBy, found?.Size, found?.Metrics, found?.Parent, version.Problem);
    }

    // Damaged aliases cost the list of aliases, not that of versions.
    static IReadOnlyList<string> AliasesOf(ModelVersion version, ModelRegistry registry)
    {
        try
        {
            return registry.AliasesOf(version);
        }
        catch (ModelRegistryException)
        {
            return [];
        }
    }
}
