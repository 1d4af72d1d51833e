namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Why a flag has its value, in OpenFeature's words.</summary>
public enum FlagReason
{
    /// <summary>The flag has no rules.</summary>
    Static,

    /// <summary>A rule matched.</summary>
    TargetingMatch,

    /// <summary>A rule matched by its percentage, or the flag is an experiment.</summary>
    Split,

    /// <summary>The flag is not enabled.</summary>
    Disabled,

    /// <summary>No rule matched.</summary>
    Default,

    /// <summary>A percentage needs a targeting key, and there is none. There is no value.</summary>
    TargetingKeyMissing,
}
