namespace CartRecovery.Engine.ControlPlane;

/// <summary>What a key is for.</summary>
public enum KeyKind
{
    /// <summary>For browsers: anyone can read it in the shop's pages.</summary>
    Publishable,

    /// <summary>For the shop's servers.</summary>
    Secret,
}
