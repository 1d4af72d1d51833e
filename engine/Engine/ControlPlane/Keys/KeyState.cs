namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>The state of a key that a client uses.</summary>
public enum KeyState
{
    /// <summary>Valid, with unchanged permissions.</summary>
    InForce,

    /// <summary>Valid, but the key or its store was changed: the client must reconnect.</summary>
    Changed,

    /// <summary>Revoked, expired, or removed from the configuration.</summary>
    Revoked,
}
