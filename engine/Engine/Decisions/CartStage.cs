namespace CartRecovery.Engine.Decisions;

/// <summary>How far a shopper got before leaving.</summary>
public enum CartStage
{
    /// <summary>Items in the cart, checkout not begun.</summary>
    Cart,

    /// <summary>Checkout begun, no payment method given.</summary>
    Checkout,

    /// <summary>Payment method given.</summary>
    Payment,
}
