using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Host.Api;

/// <summary>The state of the engine as a whole.</summary>
interface IEngineState
{
    /// <summary>Why a partition died; <see langword="null"/> while none did.</summary>
    Exception? Fault { get; }

    /// <summary>The configuration in force.</summary>
    CartRecoveryConfig Config { get; }

    /// <summary>The model in force.</summary>
    OnnxModel Model { get; }

    /// <summary>The models in force, with what each does.</summary>
    ServingPlan Serving { get; }

    /// <summary>Why the champion of the registry is not in force; <see langword="null"/> if it is.</summary>
    string? ModelsProblem { get; }

    /// <summary>Why the configuration file was not applied; <see langword="null"/> if it was.</summary>
    string? ReloadProblem { get; }

    /// <summary>Whether exchange rates are fetched, and why those in force are stale; <see langword="null"/> if they are not.</summary>
    (bool IsConfigured, string? Problem) RatesState { get; }

    /// <summary>Why the last version of the settings is not in force, <see langword="null"/> if it is; and the version in force.</summary>
    (string? Problem, long Version) SettingsState { get; }

    /// <summary>Why campaigns of the API are set aside, by name: they do not fit the configuration.</summary>
    IReadOnlyDictionary<string, string> UnfitCampaigns { get; }

    /// <summary>The keys of the configuration file that only a restart applies.</summary>
    IReadOnlyList<string> NeedsRestart { get; }
}
