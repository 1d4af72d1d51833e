using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;

namespace CartRecovery.Host.Api.Models;

/// <summary>The problems of the registry of models.</summary>
static class ModelProblems
{
    public static readonly HttpProblem NotFound = new(404, ModelRegistryException.NotFound, "There is no such version. GET /v1/models lists them.");
    public static readonly HttpProblem InvalidId = new(400, ModelRegistryException.InvalidId, "Expected NAME@HASH or NAME@ALIAS.");
    public static readonly HttpProblem NoAlias = new(404, ModelRegistryException.NoAlias, "The model has no such alias.");
    public static readonly HttpProblem InvalidAlias = new(400, ModelRegistryException.InvalidAlias, "The name of the alias is invalid.");
    public static readonly HttpProblem AliasMoved = new(412, ModelRegistryException.AliasMoved, "The alias names another version than expected: it was moved meanwhile.");
    public static readonly HttpProblem AliasNeeded = new(409, ModelRegistryException.AliasNeeded, "The alias cannot be removed. Move it to another version.");
    public static readonly HttpProblem InUse = new(409, ModelRegistryException.InUse, "An alias names the version. Move or remove the alias first.");
    public static readonly HttpProblem IsParent = new(409, ModelRegistryException.IsParent, "Another version names the version as its parent. Delete that one first.");
    public static readonly HttpProblem HasDecisions = new(409, ModelRegistryException.HasDecisions, "Kept decisions name the version. Delete it when they have expired.");
    public static readonly HttpProblem Full = new(409, ModelRegistryException.Full, "The registry is full. Delete versions that nothing uses.");
    public static readonly HttpProblem TooLarge = new(413, ModelRegistryException.TooLarge, "The model or its card is too large.");
    public static readonly HttpProblem InvalidManifest = new(400, ModelRegistryException.InvalidManifest, "A value that describes the model is invalid.");
    public static readonly HttpProblem Damaged = new(409, ModelRegistryException.Damaged, "The files of the version are damaged. Register the model again.");
    public static readonly HttpProblem GoldenMismatch = new(409, ModelRegistryException.GoldenMismatch, "A score differs from the one stored with the version, so it cannot serve.");
    public static readonly HttpProblem NothingBefore = new(409, ModelRegistryException.NothingBefore, "The alias has no earlier version. Move it to a version instead.");
    public static readonly HttpProblem Busy = new(503, ModelRegistryException.Busy, "Another change of the registry is running. Try again.");

    public static readonly HttpProblem TooManyLoaded = new(409, "too_many_models_loaded", "Eight versions are loaded. Unload one.");

    /// <summary>The model is not one that the engine can use.</summary>
    public static readonly HttpProblem Unusable = new(400, ModelException.Unreadable, "The engine cannot use the model; the code says why.");

    /// <summary>What any request for a version may be answered with.</summary>
    public static readonly HttpProblem[] OfVersion = [NotFound, InvalidId, Damaged];

    /// <summary>What loading a version may be answered with.</summary>
    public static readonly HttpProblem[] OfLoading = [.. OfVersion, GoldenMismatch, Unusable, Busy];

    static readonly HttpProblem[] s_all =
    [
        NotFound, InvalidId, NoAlias, InvalidAlias, AliasMoved, AliasNeeded, InUse, IsParent, HasDecisions, Full, TooLarge, InvalidManifest, Damaged, GoldenMismatch, NothingBefore, Busy,
    ];

    /// <summary>Describes a refusal of the registry.</summary>
    public static HttpProblem Of(ModelRegistryException refusal) => s_all.First(problem => problem.Code == refusal.Code) with { Detail = refusal.Message };

    /// <summary>Describes a model that cannot be used.</summary>
    public static HttpProblem Of(ModelException unusable) => Unusable with { Code = unusable.Code, Detail = unusable.Message };
}
