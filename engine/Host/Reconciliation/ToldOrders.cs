namespace CartRecovery.Host.Reconciliation;

/// <summary>What a shop told, and what is to be done with it.</summary>
/// <param name="Text">The orders and carts, in UTF-8.</param>
/// <param name="IsCsv">Whether they are CSV; otherwise JSON.</param>
/// <param name="Source">`api`, or the name of the file.</param>
/// <param name="By">Who asks, as in the audit log.</param>
/// <param name="Address">Where the request comes from; null for none.</param>
/// <param name="Period">The times (ms since 1970 UTC) of which these are all orders; null if there may be others.</param>
/// <param name="Repair">Whether missing orders are sent as events.</param>
sealed record ToldOrders(byte[] Text, bool IsCsv, string Source, string By, string? Address, (long From, long To)? Period, bool Repair);
