namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Why a variant was chosen, in the terms of OpenFeature.</summary>
public enum FlagReason
{
    /// <summary>The flag has no rules.</summary>
    Static,

    /// <summary>A rule matched.</summary>
    TargetingMatch,

    /// <summary>A rule matched, and its percentage included the subject; or the flag is an experiment.</summary>
    Split,

    /// <summary>The flag is not enabled.</summary>
    Disabled,

    /// <summary>No rule matched.</summary>
    Default,

    /// <summary>A rule with a percentage matched, but the subject has no targeting key. The evaluation has no variant.</summary>
    TargetingKeyMissing,
}
