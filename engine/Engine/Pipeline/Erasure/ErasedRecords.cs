namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>What a fold of an erasure did.</summary>
/// <param name="Count">Records that ended.</param>
/// <param name="CartsUntil">Versions of the erased carts before this address of their store's log are needed no longer.</param>
/// <param name="CustomersUntil">Likewise of the customer.</param>
readonly record struct ErasedRecords(long Count, long CartsUntil, long CustomersUntil);
