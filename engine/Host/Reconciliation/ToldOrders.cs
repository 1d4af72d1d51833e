namespace CartRecovery.Host.Reconciliation;

/// <summary>A shop's list of orders and carts, with the options of its comparison.</summary>
/// <param name="Text">The orders and carts, in UTF-8.</param>
/// <param name="IsCsv">Whether the text is CSV; otherwise JSON.</param>
/// <param name="Source">`api`, or the name of the file.</param>
/// <param name="By">The actor, for the audit log.</param>
/// <param name="Address">The client's address, for the audit log; null without a request.</param>
/// <param name="Period">The period (ms since 1970 UTC) of which the list has all orders; null if the list is incomplete.</param>
/// <param name="Repair">Whether to send missing orders as events.</param>
sealed record ToldOrders(byte[] Text, bool IsCsv, string Source, string By, string? Address, (long From, long To)? Period, bool Repair);
