namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>The outcome of an evaluation.</summary>
/// <param name="Variant">The variant; empty if there is none.</param>
/// <param name="Reason">Why.</param>
public readonly record struct FlagEvaluation(string Variant, FlagReason Reason);
