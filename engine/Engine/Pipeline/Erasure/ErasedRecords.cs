namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>The result of folding an erasure entry.</summary>
/// <param name="Count">Number of records that ended.</param>
/// <param name="CartsUntil">Address in the cart store's log before which versions of the erased carts are no longer needed.</param>
/// <param name="CustomersUntil">The same for the customer store.</param>
readonly record struct ErasedRecords(long Count, long CartsUntil, long CustomersUntil);
