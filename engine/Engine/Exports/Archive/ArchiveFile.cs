namespace CartRecovery.Engine.Exports.Archive;

/// <summary>A file of the archive.</summary>
/// <param name="Path">Its path in the archive's folder, with slashes.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Date">The day on which its events were received (UTC).</param>
/// <param name="Rows">The number of events.</param>
/// <param name="Bytes">Its length in bytes.</param>
/// <param name="Sha256">Its SHA-256, in hexadecimal.</param>
public sealed record ArchiveFile(string Path, string Store, DateOnly Date, long Rows, long Bytes, string Sha256);
