namespace CartRecovery.Engine.Backtest;

/// <summary>An event's place in a journal. It stays while the journal has the event, also when a person is erased from the block.</summary>
/// <param name="Address">Address of the event's block.</param>
/// <param name="Events">The event's number in the block, from 1.</param>
public readonly record struct EventPosition(long Address, int Events);
