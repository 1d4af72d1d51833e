namespace CartRecovery.Engine.Decisions;

/// <summary>How far a shopper got before leaving.</summary>
public enum CartStage
{
    /// <summary>Something in the cart, and no checkout begun.</summary>
    Cart,

    /// <summary>A checkout begun, and no way of paying given.</summary>
    Checkout,

    /// <summary>A way of paying given.</summary>
    Payment,
}
