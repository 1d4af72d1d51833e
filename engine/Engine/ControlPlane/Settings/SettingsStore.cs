using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Settings;

/// <summary>Stores the versions of the settings, and scheduled changes. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class SettingsStore(ControlDatabase database)
{
    /// <summary>Maximum number of kept versions. The oldest are deleted first.</summary>
    public const int MaxVersions = 500;

    /// <summary>Maximum number of pending changes.</summary>
    public const int MaxPending = 100;

    /// <summary>The topic that every change marks in <see cref="ControlChanges"/>.</summary>
    public const string Topic = "settings";

    // Finished changes are kept to show their outcome.
    const int MaxScheduled = 1000;

    const string NoEntry = "";

    readonly AuditLog _audit = new(database);

    /// <summary>Reads the last version; returns <see cref="SettingsVersion.None"/> if there is none.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<SettingsVersion> HeadAsync(CancellationToken cancellation = default) => database.ReadAsync(HeadAsync, cancellation);

    /// <summary>Reads a version; returns <see langword="null"/> if it does not exist or was deleted.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<SettingsVersion?> FindAsync(long number, CancellationToken cancellation = default) => number == 0 ? SettingsVersion.None
        : (await ReadAsync(SqlPart.Of($"number = {number}"), 1, cancellation)).FirstOrDefault();

    /// <summary>Lists versions, the newest first.</summary>
    /// <param name="before">Lists versions with smaller numbers.</param>
    /// <param name="limit">Maximum number of versions.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<SettingsVersion>> ListAsync(long before, int limit, CancellationToken cancellation = default) => ReadAsync(SqlPart.Of($"number < {before}"), limit, cancellation);

    /// <summary>Adds a version.</summary>
    /// <returns>Its number; <see langword="null"/> if <see cref="SettingsWrite.After"/> is out of date, or the scheduled change is no longer pending.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<long?> AddAsync(SettingsWrite write, CancellationToken cancellation = default) => database.WriteAsync<long?>(async session =>
    {
        var (number, now) = (write.After + 1, database.Time.GetUtcNow());
        if (await session.NumberAsync($"SELECT MAX(number) FROM settings_versions") is var head && (head ?? 0) != write.After)
        {
            return null;
        }

        if (write.Scheduled is { } id && await session.RunAsync(
            $"UPDATE settings_schedule SET state = {ScheduledSettings.Applied}, version = {number} WHERE id = {id} AND state = {ScheduledSettings.Pending}") == 0)
        {
            return null;
        }

        await session.RunAsync($"""
            INSERT INTO settings_versions (number, created_at, created_by, reason, overlay, changes)
            VALUES ({number}, {now}, {write.Actor}, {write.Reason}, {write.Overlay}, {write.Changes})
            """);
        await session.RunAsync($"DELETE FROM settings_versions WHERE number <= {number - MaxVersions}");
        await _audit.AppendAsync(session, new AuditEvent(write.Actor, write.Action, TargetOf(write.Target), Details: string.Create(CultureInfo.InvariantCulture,
            $$"""{"version":{{number}}{{(write.Scheduled is { } scheduled ? $",\"scheduled\":\"{scheduled}\"" : NoEntry)}},"reason":"{{JsonEncodedText.Encode(write.Reason)}}"}"""))
        { Address = write.Address });
        await session.MarkChangedAsync(Topic);
        return number;
    }, cancellation);

    /// <summary>Schedules a change.</summary>
    /// <returns><see langword="false"/> if <see cref="MaxPending"/> changes are pending.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> ScheduleAsync(ScheduledSettings change, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await session.NumberAsync($"SELECT COUNT(*) FROM settings_schedule WHERE state = {ScheduledSettings.Pending}") >= MaxPending)
        {
            return false;
        }

        await session.RunAsync($"""
            INSERT INTO settings_schedule (id, apply_at, created_at, created_by, reason, operation, path, value, state)
            VALUES ({change.Id}, {change.ApplyAt}, {change.CreatedAt}, {change.By}, {change.Reason}, {change.Operation}, {change.Path}, {change.Value}, {ScheduledSettings.Pending})
            """);
        await session.RunAsync($"""
            DELETE FROM settings_schedule WHERE state <> {ScheduledSettings.Pending} AND id NOT IN
                (SELECT id FROM settings_schedule WHERE state <> {ScheduledSettings.Pending} ORDER BY apply_at DESC, id DESC LIMIT {MaxScheduled})
            """);
        await AuditAsync(session, change, "config.schedule", change.By, address);
        await session.MarkChangedAsync(Topic);
        return true;
    }, cancellation);

    /// <summary>Cancels a pending change.</summary>
    /// <returns><see langword="false"/> if no pending change has the id.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> CancelAsync(string id, string actor, string? address, CancellationToken cancellation = default) =>
        EndAsync(id, ScheduledSettings.Cancelled, problem: null, "config.cancel", actor, address, cancellation);

    /// <summary>Marks a pending change as failed.</summary>
    /// <returns><see langword="false"/> if no pending change has the id.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> FailAsync(string id, string problem, CancellationToken cancellation = default) =>
        EndAsync(id, ScheduledSettings.Failed, problem, "config.schedule_failed", AuditEvent.Engine, address: null, cancellation);

    /// <summary>Lists scheduled changes: the pending ones by due time, then the finished ones, the latest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<ScheduledSettings>> ListScheduledAsync(CancellationToken cancellation = default) => database.ReadAsync(async session =>
    {
        var waiting = await PendingAsync(session);
        waiting.AddRange(await ScheduledAsync(session, SqlPart.Of($"state <> {ScheduledSettings.Pending}"), SqlPart.Of($"apply_at DESC, id DESC"), MaxScheduled));
        return waiting;
    }, cancellation);

    /// <summary>Reads the last version and the pending changes in one snapshot.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<(SettingsVersion Head, List<ScheduledSettings> Pending)> StateAsync(CancellationToken cancellation = default) =>
        database.ReadAsync(async session => (await HeadAsync(session), await PendingAsync(session)), cancellation);

    static Task<List<ScheduledSettings>> PendingAsync(ControlSession session) =>
        ScheduledAsync(session, SqlPart.Of($"state = {ScheduledSettings.Pending}"), SqlPart.Of($"apply_at, id"), MaxPending);

    static async Task<SettingsVersion> HeadAsync(ControlSession session) =>
        await session.FirstAsync($"SELECT number, created_at, created_by, reason, overlay, changes FROM settings_versions ORDER BY number DESC LIMIT 1", Read) ?? SettingsVersion.None;

    static Task<List<ScheduledSettings>> ScheduledAsync(ControlSession session, SqlPart condition, SqlPart order, int limit) => session.ListAsync(
        $"SELECT id, apply_at, created_at, created_by, reason, operation, path, value, state, problem, version FROM settings_schedule WHERE {condition} ORDER BY {order} LIMIT {limit}",
        row => new ScheduledSettings(row.Text(0), row.Time(1), row.Time(2), row.Text(3), row.Text(4), row.Text(5), row.Text(6), row.Text(7), row.Text(8), row.TextOrNull(9), row.NumberOrNull(10)));

    static SettingsVersion Read(ControlRow row) => new(row.Number(0), row.Time(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5));

    static string TargetOf(string path) => path.Length == 0 ? "config" : $"config:{path}";

    Task<List<SettingsVersion>> ReadAsync(SqlPart condition, int limit, CancellationToken cancellation) => database.ReadAsync(session => session.ListAsync(
        $"SELECT number, created_at, created_by, reason, overlay, changes FROM settings_versions WHERE {condition} ORDER BY number DESC LIMIT {limit}", Read), cancellation);

    Task<bool> EndAsync(string id, string state, string? problem, string action, string actor, string? address, CancellationToken cancellation) => database.WriteAsync(async session =>
    {
        var waiting = (await ScheduledAsync(session, SqlPart.Of($"id = {id} AND state = {ScheduledSettings.Pending}"), SqlPart.Of($"id"), 1)).FirstOrDefault();
        if (waiting is null)
        {
            return false;
        }

        await session.RunAsync($"UPDATE settings_schedule SET state = {state}, problem = {problem} WHERE id = {id}");
        await AuditAsync(session, waiting, action, actor, address);
        await session.MarkChangedAsync(Topic);
        return true;
    }, cancellation);

    Task AuditAsync(ControlSession session, ScheduledSettings change, string action, string actor, string? address) => _audit.AppendAsync(session, new AuditEvent(actor, action, TargetOf(change.Path),
        Details: string.Create(CultureInfo.InvariantCulture, $$"""{"scheduled":"{{change.Id}}","at":"{{change.ApplyAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}}"}"""))
    { Address = address });
}
