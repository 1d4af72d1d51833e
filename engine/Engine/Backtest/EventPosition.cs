namespace CartRecovery.Engine.Backtest;

/// <summary>The position of an event in a journal. It does not change as long as the journal has the event, also if a person is erased from its block.</summary>
/// <param name="Address">Address of the event's block.</param>
/// <param name="Events">The event's number in the block, from 1.</param>
public readonly record struct EventPosition(long Address, int Events);
