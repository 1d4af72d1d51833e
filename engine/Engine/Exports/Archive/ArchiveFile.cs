namespace CartRecovery.Engine.Exports.Archive;

/// <summary>A file of the archive.</summary>
/// <param name="Path">The path relative to the archive's folder, with slashes.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Date">The day (UTC) on which the events were received.</param>
/// <param name="Rows">The number of events.</param>
/// <param name="Bytes">The file's length in bytes.</param>
/// <param name="Sha256">The file's SHA-256, in hexadecimal.</param>
public sealed record ArchiveFile(string Path, string Store, DateOnly Date, long Rows, long Bytes, string Sha256);
