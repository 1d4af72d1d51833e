using System.Globalization;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>Stores the audit log. An entry is appended in the transaction of the change that it describes, and deleted by age only. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class AuditLog(ControlDatabase database)
{
    /// <summary>Maximum length of each text of an entry, in characters. Longer texts are truncated.</summary>
    public const int MaxText = 256;

    /// <summary>Maximum length of an entry's details, in characters.</summary>
    public const int MaxDetails = 4096;

    const string Purpose = "audit";

    // Entries deleted in one transaction.
    const int TrimBatch = 10_000;

    /// <summary>Appends an entry.</summary>
    /// <param name="session">The transaction of the change. It must be a writer.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="doneAt">When the action was done; now by default.</param>
    /// <exception cref="ControlDatabaseException">The entry cannot be written. The caller must not commit.</exception>
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

    /// <summary>Appends an entry in a transaction of its own, for an action that changed nothing in the database.</summary>
    /// <exception cref="ControlDatabaseException">The entry cannot be written.</exception>
    public Task RecordAsync(AuditEvent entry, CancellationToken cancellation = default) => database.WriteAsync(session => AppendAsync(session, entry), cancellation);

    /// <summary>Lists entries, the newest first.</summary>
    /// <param name="filter">Selects entries.</param>
    /// <param name="before">Lists entries with smaller numbers.</param>
    /// <param name="limit">Maximum number of entries.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<AuditEntry>> ListAsync(AuditFilter filter, long before, int limit, CancellationToken cancellation = default) => database.ReadAsync(
        session => session.ListAsync(
            $"SELECT number, at, actor, action, target, store, details, address, hash FROM audit WHERE number < {before} AND {filter.Condition} ORDER BY number DESC LIMIT {limit}",
            Read), cancellation);

    /// <summary>Counts refused sign-ins and requests by kind and address, the most frequent first.</summary>
    /// <param name="from">Counts those at this time or later.</param>
    /// <param name="to">Counts those before this time.</param>
    /// <param name="limit">Maximum number of kinds and addresses.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<AccessRefusals>> RefusalsAsync(DateTimeOffset from, DateTimeOffset to, int limit, CancellationToken cancellation = default) => database.ReadAsync(
        session => session.ListAsync(
            $"""
            SELECT action, address, COUNT(*), MIN(at), MAX(at) FROM audit
            WHERE at >= {from} AND at < {to} AND action IN ('user.login_refused', 'user.login_throttled', 'session.reuse', 'access.refused')
            GROUP BY action, address ORDER BY COUNT(*) DESC, action, address LIMIT {limit}
            """,
            row => new AccessRefusals(row.Text(0), row.TextOrNull(1), row.Number(2), row.Time(3), row.Time(4))), cancellation);

    /// <summary>
    /// Deletes entries older than a time. The hash of the last deleted one becomes the signed start of the chain. The deletion is an entry itself.
    /// </summary>
    /// <returns>The number of deleted entries.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
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

    /// <summary>Returns the last entry's number and hash, without verifying the log.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<AuditHead> HeadAsync(CancellationToken cancellation = default) => await database.ReadAsync(session => session.FirstAsync(
        $"SELECT number, hash FROM audit_head", row => new AuditHead(row.Number(0), Convert.ToHexStringLower(row.Bytes(1)))), cancellation)
        ?? throw new ControlDatabaseException(ControlDatabaseException.Failed, "the audit log has no end: it was altered");

    /// <summary>Verifies every hash, that no number is missing, and the signatures of both ends.</summary>
    /// <param name="witness">An earlier head, which the log must contain; <see langword="null"/> for none.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
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
        // Times may decrease if the clock was set back: delete up to the first entry that is recent enough.
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
