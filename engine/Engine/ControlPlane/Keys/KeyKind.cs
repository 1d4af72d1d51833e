namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>The kinds of keys.</summary>
public enum KeyKind
{
    /// <summary>A key for browsers; anyone can read it in the shop's pages.</summary>
    Publishable,

    /// <summary>A key for the shop's servers.</summary>
    Secret,
}
