namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>What happened to a cart while a canary serves.</summary>
public enum CanarySignalKind : byte
{
    /// <summary>The cart's first event.</summary>
    Entered,

    /// <summary>Both models scored a row of the cart.</summary>
    Scored,

    /// <summary>The cart was bought.</summary>
    Ordered,
}
