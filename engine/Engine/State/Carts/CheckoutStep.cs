namespace CartRecovery.Engine.State.Carts;

/// <summary>The steps of a checkout. The numbers are persisted and never change.</summary>
public enum CheckoutStep : byte
{
    None = 0,
    Begun = 1,
    Shipping = 2,
    Payment = 3,
    Purchased = 4,
}
