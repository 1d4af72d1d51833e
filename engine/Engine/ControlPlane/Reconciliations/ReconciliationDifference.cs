namespace CartRecovery.Engine.ControlPlane.Reconciliations;

/// <summary>What the shop and the engine do not agree on.</summary>
/// <param name="Kind">`missing_here`: the engine has no such order or cart. `missing_there`: the shop's list has not. `differs`: both have it, and a field differs.</param>
/// <param name="Line">The line of the shop's list; null if it is not in it.</param>
/// <param name="OrderId">The order; null for a cart.</param>
/// <param name="CartId">The cart, as far as it is known.</param>
/// <param name="Field">`value`, `currency`, `status` or `itemCount`; null unless it differs.</param>
/// <param name="Shop">What the shop says.</param>
/// <param name="Engine">What the engine says.</param>
/// <param name="Repaired">Whether the order was sent to the engine as an event.</param>
public sealed record ReconciliationDifference(
    string Kind, int? Line, string? OrderId, string? CartId, string? Field = null, string? Shop = null, string? Engine = null, bool Repaired = false)
{
    /// <summary>The kinds.</summary>
    public const string MissingHere = "missing_here", MissingThere = "missing_there", Differs = "differs";
}
