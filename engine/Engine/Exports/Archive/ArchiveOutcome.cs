namespace CartRecovery.Engine.Exports.Archive;

/// <summary>What a run of the archive did.</summary>
/// <param name="Events">Events that it added.</param>
/// <param name="Files">Files that it added.</param>
/// <param name="Bytes">Bytes of those files.</param>
/// <param name="Deleted">Files that were older than the retention.</param>
/// <param name="Lost">Bytes of the journals that were deleted before they were archived, as <c>journal.maxLag</c> says.</param>
public sealed record ArchiveOutcome(long Events, int Files, long Bytes, int Deleted, long Lost);
