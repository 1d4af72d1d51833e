namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>The result of an evaluation.</summary>
/// <param name="Variant">The variant's name; empty if there is none.</param>
/// <param name="Reason">Why the variant was chosen.</param>
public readonly record struct FlagEvaluation(string Variant, FlagReason Reason);
