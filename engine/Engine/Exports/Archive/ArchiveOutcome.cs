namespace CartRecovery.Engine.Exports.Archive;

/// <summary>The result of a run of the archive.</summary>
/// <param name="Events">Number of events added.</param>
/// <param name="Files">Number of files added.</param>
/// <param name="Bytes">Length of the added files, in bytes.</param>
/// <param name="Deleted">Number of files deleted because they were older than the retention.</param>
/// <param name="Lost">Bytes of the journals that were deleted before they were archived, because of <c>journal.maxLag</c>.</param>
public sealed record ArchiveOutcome(long Events, int Files, long Bytes, int Deleted, long Lost);
