namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>What became of a key since a client sent it.</summary>
public enum KeyState
{
    /// <summary>It grants what it granted.</summary>
    InForce,

    /// <summary>It is valid, but it or its store changed: the client connects again.</summary>
    Changed,

    /// <summary>It was revoked, has expired, or was removed from the configuration.</summary>
    Revoked,
}
