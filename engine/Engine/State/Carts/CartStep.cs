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
}
