namespace CartRecovery.Engine.ControlPlane.Reconciliations;

/// <summary>A difference between a shop's list and the engine.</summary>
/// <param name="Kind">`missing_here`: only the shop's list has the order or cart. `missing_there`: only the engine has the order. `differs`: a field differs.</param>
/// <param name="Line">The line of the shop's list; null if it is not in it.</param>
/// <param name="OrderId">The order; null for a cart.</param>
/// <param name="CartId">The cart; null if unknown.</param>
/// <param name="Field">`value`, `currency`, `status` or `itemCount`; null unless it differs.</param>
/// <param name="Shop">The shop's value.</param>
/// <param name="Engine">The engine's value.</param>
/// <param name="Repaired">Whether the order was sent to the engine as an event.</param>
public sealed record ReconciliationDifference(
    string Kind, int? Line, string? OrderId, string? CartId, string? Field = null, string? Shop = null, string? Engine = null, bool Repaired = false)
{
    /// <summary>The kinds.</summary>
    public const string MissingHere = "missing_here", MissingThere = "missing_there", Differs = "differs";
}
