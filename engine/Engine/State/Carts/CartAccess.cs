namespace CartRecovery.Engine.State.Carts;

/// <summary>An event's right to its cart.</summary>
public enum CartAccess
{
    /// <summary>The cart is foreign to the sender, and the event is rejected.</summary>
    Denied,

    /// <summary>The sender knows a secret id: it may go on with the cart, but neither replace an address nor get the offers.</summary>
    ContentsOnly,

    /// <summary>The sender began the cart, proves that it is its customer's, or is the shop's server.</summary>
    Full,
}
