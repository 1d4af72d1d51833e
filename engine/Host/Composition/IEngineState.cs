using CartRecovery.Engine.Journeys;

namespace CartRecovery.Host.Composition;

/// <summary>What is wrong with the engine as a whole.</summary>
interface IEngineState
{
    /// <summary>Why a partition died; <see langword="null"/> while none did.</summary>
    Exception? Fault { get; }

    /// <summary>Why the configuration's file does not count as it is; <see langword="null"/> while it does.</summary>
    string? ReloadProblem { get; }
}

/// <summary>How customers are contacted now: campaigns and contact policy may change while the engine runs.</summary>
interface IJourneyOptionsProvider
{
    /// <summary>The setup that is in force.</summary>
    JourneyOptions JourneyOptions { get; }
}
