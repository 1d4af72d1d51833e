using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <summary>Visits a cart on its partition's worker. Must be fast, and must not keep the reference.</summary>
/// <param name="key">The cart's key.</param>
/// <param name="cart">The cart.</param>
public delegate void CartVisitor(Hash128 key, in CartRecord cart);
