namespace CartRecovery.Host.Api;

/// <summary>Reports faults of the engine as a whole.</summary>
interface IEngineState
{
    /// <summary>Why a partition died; <see langword="null"/> while none did.</summary>
    Exception? Fault { get; }

    /// <summary>Why the changed configuration file was not applied; <see langword="null"/> if it was.</summary>
    string? ReloadProblem { get; }
}
