namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>What to do with a canary.</summary>
public enum CanaryAction
{
    /// <summary>Nothing yet.</summary>
    Wait,

    /// <summary>Give it more shoppers.</summary>
    StepUp,

    /// <summary>Make it the champion.</summary>
    Promote,

    /// <summary>Give its shoppers back to the champion.</summary>
    RollBack,
}
