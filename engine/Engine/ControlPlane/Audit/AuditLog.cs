using System.Globalization;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>The audit log: who did what. Entries are appended in the transaction of the change they describe, and deleted by age only.</summary>
/// <param name="database">The database.</param>
public sealed class AuditLog(ControlDatabase database)
{
    /// <summary>Maximum length of each text of an entry, in characters. Longer texts are truncated.</summary>
    public const int MaxText = 256;

    /// <summary>Maximum length of an entry's details, in characters.</summary>
    public const int MaxDetails = 4096;

    const string Purpose = "audit";

    // Entries that one transaction deletes.
    const int TrimBatch = 10_000;

    /// <summary>Adds an entry.</summary>
    /// <param name="session">The transaction of the change; a writer.</param>
    /// <param name="entry">What was done.</param>
    /// <param name="doneAt">When it was done; now by default.</param>
    /// <exception cref="ControlDatabaseException">It cannot be written, so the change must not be made.</exception>
    public async Task AppendAsync(ControlSession session, AuditEvent entry, DateTimeOffset? doneAt = null)
    {
        if (entry.Details is { Length: > MaxDetails })
        {
            throw new ArgumentException($"Details of an audit entry are at most {MaxDetails} characters long.", nameof(entry));
        }

        entry = entry with
        {
            Actor = AuditText.Normalize(entry.Actor, MaxText),
            Action = AuditText.Normalize(entry.Action, MaxText),
            Target = AuditText.Normalize(entry.Target, MaxText),
            Store = entry.Store is { } store ? AuditText.Normalize(store, MaxText) : null,
            Details = entry.Details is { } details ? AuditText.Normalize(details, MaxDetails) : null,
            Address = entry.Address is { } address ? AuditText.Normalize(address, MaxText) : null,
        };
        var at = DateTimeOffset.FromUnixTimeMilliseconds((doneAt ?? database.Time.GetUtcNow()).ToUnixTimeMilliseconds());
        var (last, former) = await session.FirstAsync($"SELECT number, hash FROM audit_head", row => (row.Number(0), row.Bytes(1)));
        var number = last + 1;
        var hash = AuditChain.HashOf(former, number, at, entry);
        await session.RunAsync($"""
            INSERT INTO audit (number, at, actor, action, target, store, details, address, hash)
            VALUES ({number}, {at}, {entry.Actor}, {entry.Action}, {entry.Target}, {entry.Store}, {entry.Details}, {entry.Address}, {hash})
            """);
        await session.RunAsync($"UPDATE audit_head SET number = {number}, hash = {hash}, signature = {AuditChain.Sign(Key, "head", number, hash)}");
    }

    /// <summary>Adds an entry for something that changed nothing in the database.</summary>
    /// <exception cref="ControlDatabaseException">It cannot be written.</exception>
    public Task RecordAsync(AuditEvent entry, CancellationToken cancellation = default) => database.WriteAsync(session => AppendAsync(session, entry), cancellation);

    /// <summary>Lists entries, the newest first.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="before">Lists entries with smaller numbers.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ControlDatabaseException">They cannot be read.</exception>
    public Task<List<AuditEntry>> ListAsync(AuditFilter filter, long before, int limit, CancellationToken cancellation = default) => database.ReadAsync(
        session => session.ListAsync(
            $"SELECT number, at, actor, action, target, store, details, address, hash FROM audit WHERE number < {before} AND {filter.Condition} ORDER BY number DESC LIMIT {limit}",
            Read), cancellation);

    /// <summary>
    /// Deletes entries that are older. The last of them remains as the signed beginning of the chain, and the deletion is an entry itself.
    /// </summary>
    /// <returns>How many entries were deleted.</returns>
    /// <exception cref="ControlDatabaseException">They cannot be deleted.</exception>
    public async Task<long> TrimAsync(DateTimeOffset before, CancellationToken cancellation = default)
    {
        var deleted = 0L;
        while (true)
        {
            var batch = await database.WriteAsync(session => TrimAsync(session, before), cancellation);
            deleted += batch;
            if (batch < TrimBatch)
            {
                return deleted;
            }
        }
    }

    /// <summary>Returns the last entry's number and hash. It is not verified.</summary>
    /// <exception cref="ControlDatabaseException">It cannot be read.</exception>
    public async Task<AuditHead> HeadAsync(CancellationToken cancellation = default) => await database.ReadAsync(session => session.FirstAsync(
        $"SELECT number, hash FROM audit_head", row => new AuditHead(row.Number(0), Convert.ToHexStringLower(row.Bytes(1)))), cancellation)
        ?? throw new ControlDatabaseException(ControlDatabaseException.Failed, "the audit log has no end: it was altered");

    /// <summary>Verifies the log: every hash, that no number is missing, and the signatures of its ends.</summary>
    /// <param name="witness">An earlier head, which the log must contain; <see langword="null"/> for none.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ControlDatabaseException">It cannot be read.</exception>
    public Task<AuditVerification> VerifyAsync(AuditHead? witness = null, CancellationToken cancellation = default) =>
        database.ReadAsync(session => AuditVerification.RunAsync(session, Key, witness), cancellation);

    /// <summary>Begins the log of a new database.</summary>
    internal static async Task BeginAsync(ControlSession session, ControlKeys keys)
    {
        var key = keys.Derive(Purpose);
        await session.RunAsync($"INSERT INTO audit_anchor VALUES ({0}, {AuditChain.Origin}, {AuditChain.Sign(key, "anchor", 0, AuditChain.Origin)})");
        await session.RunAsync($"INSERT INTO audit_head VALUES ({0}, {AuditChain.Origin}, {AuditChain.Sign(key, "head", 0, AuditChain.Origin)})");
    }

    internal static AuditEntry Read(ControlRow row) => new(row.Number(0), row.Time(1),
        new AuditEvent(row.Text(2), row.Text(3), row.Text(4), row.TextOrNull(5), row.TextOrNull(6)) { Address = row.TextOrNull(7) }, row.Bytes(8));

    byte[] Key => database.Keys.Derive(Purpose);

    async Task<long> TrimAsync(ControlSession session, DateTimeOffset before)
    {
        // The clock may have been set back: up to the first entry that is young enough.
        var (first, anchor) = (await session.NumberAsync($"SELECT MIN(number) FROM audit"), await session.NumberAsync($"SELECT number FROM audit_anchor"));
        var young = await session.NumberAsync($"SELECT MIN(number) FROM audit WHERE at >= {before}");
        var end = young - 1 ?? await session.NumberAsync($"SELECT MAX(number) FROM audit");
        end = Math.Min(end ?? 0, (first ?? 0) + TrimBatch - 1);
        if (end < first || end <= anchor || first is null)
        {
            return 0;
        }

        var hash = (await session.FirstAsync<byte[]>($"SELECT hash FROM audit WHERE number = {end}", row => row.Bytes(0)))!;
        var deleted = await session.RunAsync($"DELETE FROM audit WHERE number <= {end}");
        await session.RunAsync($"UPDATE audit_anchor SET number = {end}, hash = {hash}, signature = {AuditChain.Sign(Key, "anchor", end.Value, hash)}");
        await AppendAsync(session, new AuditEvent(AuditEvent.Engine, "audit.trim", "", Details: string.Create(CultureInfo.InvariantCulture,
            $$"""{"through":{{end}},"deleted":{{deleted}},"before":"{{before.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}}","hash":"{{Convert.ToHexStringLower(hash)}}"}""")));
        return deleted;
    }
}
