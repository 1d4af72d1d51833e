namespace CartRecovery.Engine.State.Carts;

/// <summary>The kinds of change to a cart's record.</summary>
enum CartStep
{
    /// <summary>Applies an event.</summary>
    Fold,

    /// <summary>Makes the record writable; the caller changes its timer.</summary>
    Touch,

    /// <summary>Reserves the cart for an intervention unless the latest one is too recent.</summary>
    ReserveIntervention,

    /// <summary>Records an intervention that was already decided.</summary>
    RecordIntervention,

    /// <summary>
    /// Reserves the cart for a conditional intervention of one campaign, unless that had one within the window or the latest unconditional one is too recent. The cart
    /// stays free for other campaigns.
    /// </summary>
    ReserveConditional,

    /// <summary>Records a conditional intervention that was already decided.</summary>
    RecordConditional,

    /// <summary>Frees the window of an intervention, conditional or not, that nobody saw.</summary>
    ReleaseIntervention,
}
