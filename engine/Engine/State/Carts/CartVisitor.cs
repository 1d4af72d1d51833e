namespace CartRecovery.Engine.State.Carts;

/// <summary>Looks at a cart on its partition's worker. It must be quick, and may not keep a reference.</summary>
/// <param name="cart">The cart.</param>
public delegate void CartVisitor(in CartRecord cart);
