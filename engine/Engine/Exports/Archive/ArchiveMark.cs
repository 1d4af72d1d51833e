namespace CartRecovery.Engine.Exports.Archive;

/// <summary>The last archived event of a journal. The entry's number and time tell a replaced journal from the one that was archived.</summary>
/// <param name="Address">Address of its block.</param>
/// <param name="Events">The event's number in the block, from 1.</param>
/// <param name="Sequence">The number of the block's entry.</param>
/// <param name="At">When the entry was written (ms since 1970 UTC).</param>
public sealed record ArchiveMark(long Address, int Events, long Sequence, long At);
