namespace CartRecovery.Engine.Models;

/// <summary>The registry refuses a request, or cannot carry it out. The codes are stable: tools may match on them.</summary>
/// <param name="code">One of the constants of this type, or of <see cref="Scoring.ModelException"/>.</param>
/// <param name="message">What is wrong and what to do.</param>
public sealed class ModelRegistryException(string code, string message) : Exception(message)
{
    /// <summary>There is no such version.</summary>
    public const string NotFound = "model_version_not_found";

    /// <summary>An id names several versions, or is not an id.</summary>
    public const string InvalidId = "invalid_model_id";

    /// <summary>There is no such alias.</summary>
    public const string NoAlias = "model_alias_not_found";

    /// <summary>The name of an alias is invalid.</summary>
    public const string InvalidAlias = "invalid_model_alias";

    /// <summary>An alias does not name the expected version: it was moved meanwhile.</summary>
    public const string AliasMoved = "model_alias_moved";

    /// <summary>Serving needs the alias.</summary>
    public const string AliasNeeded = "model_alias_needed";

    /// <summary>An alias names the version.</summary>
    public const string InUse = "model_in_use";

    /// <summary>Another version names the version as its parent.</summary>
    public const string IsParent = "model_is_parent";

    /// <summary>Kept decisions name the version.</summary>
    public const string HasDecisions = "model_has_decisions";

    /// <summary>The registry holds as many versions as it can.</summary>
    public const string Full = "model_registry_full";

    /// <summary>The model, its card or its manifest is too large.</summary>
    public const string TooLarge = "model_too_large";

    /// <summary>A value of the manifest is invalid.</summary>
    public const string InvalidManifest = "invalid_model_manifest";

    /// <summary>The version's files are damaged, or were not written by this version of the engine.</summary>
    public const string Damaged = "model_damaged";

    /// <summary>A score differs from the one stored with the version.</summary>
    public const string GoldenMismatch = "model_golden_mismatch";

    /// <summary>Nothing was there before: the alias has no earlier version that still exists.</summary>
    public const string NothingBefore = "model_nothing_before";

    /// <summary>Another process uses the registry.</summary>
    public const string Busy = "model_registry_busy";

    /// <summary>Code: stable.</summary>
    public string Code { get; } = code;
}
