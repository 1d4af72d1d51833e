using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Stores the requests to erase people. The transaction that adds a request also refuses the person's events. A request belongs to the
/// engine of one data folder. Every change and its audit entry are one transaction; the audit log identifies a person by a keyed hash.
/// Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="tombstones">Hashes people and refuses their events.</param>
public sealed class ErasureRequests(ControlDatabase database, Tombstones tombstones)
{
    /// <summary>Maximum number of pending and running requests, and of kept ones.</summary>
    public const int MaxOpen = 1000, MaxKept = 100_000;

    /// <summary>Maximum length of a reason, in characters.</summary>
    public const int MaxReason = 200;

    /// <summary>Number of attempts after which a request has failed.</summary>
    public const int MaxAttempts = 10;

    /// <summary>The topic that new requests mark in <see cref="ControlChanges"/>.</summary>
    internal const string Topic = "privacy_requests";

    /// <summary>Maximum number of requests that are executed in one pass.</summary>
    internal const int MaxPerPass = 32;

    const int MaxProblem = 500;

    const string FoundAgain = "found in the data folder after the erasure, as after a restore";

    readonly AuditLog _audit = new(database);

    /// <summary>The people whose events are refused.</summary>
    internal ForgottenPeople People => tombstones.People;

    /// <summary>
    /// Adds a request for each data folder that shares the database, and refuses the person's events from now on. Returns the pending or running request of the person, if there is one.
    /// Restarts a failed one from its first step, with the new mode and reason.
    /// </summary>
    /// <param name="folder">The data folder's id.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="userId">The user's id.</param>
    /// <param name="mode">What happens to the person's orders.</param>
    /// <param name="reason">The reason. Must not contain personal data.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlRefusalException"><see cref="ControlRefusalException.TooManyRequests"/>; <see cref="ControlRefusalException.ErasureRuns"/>: a pending or
    /// running request of the person has the other mode.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<ErasureRequest> AddAsync(
        string folder, string store, string userId, ErasureMode mode, string? reason, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var person = tombstones.HashOf(store, userId);
        var open = await OpenAsync(session, folder, store, person);
        if (open is { State: not ErasureRequest.Failed } same)
        {
            return same.Mode != mode
                ? throw new ControlRefusalException(
                    ControlRefusalException.ErasureRuns, $"The person is being erased with mode {NameOf(same.Mode)}. Wait until the request is completed.")
                : same.Origin is { } origin ? await FindAsync(session, SqlPart.Of($"id = {origin}")) ?? same : same;
        }

        var now = database.Time.GetUtcNow();
        var id = await AddAsync(session, new Addition(folder, store, userId, person, mode, reason, actor, now, Origin: null), open);
        foreach (var other in await ErasureFolders.OthersAsync(session, folder))
        {
            var theirs = await OpenAsync(session, other, store, person);
            if (theirs is null or { State: ErasureRequest.Failed })
            {
                await AddAsync(session, new Addition(other, store, userId, person, mode, reason, actor, now, id), theirs);
            }
        }

        await session.RunAsync($"INSERT INTO tombstones (store, person, created_at, request) VALUES ({store}, {person}, {now}, {id}) ON CONFLICT (store, person) DO NOTHING");
        await _audit.AppendAsync(session, new AuditEvent(actor, "privacy.forget", Tombstones.NameOf(person), store, $$"""{"request":"{{id}}","mode":"{{NameOf(mode)}}"}""") { Address = address });
        await session.MarkChangedAsync(Tombstones.Topic);
        await session.MarkChangedAsync(Topic);
        return (await FindAsync(session, SqlPart.Of($"id = {id}")))!;
    }, cancellation);

    /// <summary>Adds a request to erase a person again, whom one data folder has though they are erased. Does nothing if they are not refused any more.</summary>
    /// <param name="folder">The data folder's id.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="userId">The user's id.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns><see langword="true"/> if a request was added.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    internal Task<bool> AddAgainAsync(string folder, string store, string userId, CancellationToken cancellation) => database.WriteAsync(async session =>
    {
        var person = tombstones.HashOf(store, userId);
        var open = await OpenAsync(session, folder, store, person);
        if (open is { State: not ErasureRequest.Failed }
            || await session.NumberAsync($"SELECT COUNT(*) FROM tombstones WHERE store = {store} AND person = {person}") is null or 0)
        {
            return false;
        }

        var id = await AddAsync(session, new Addition(
            folder, store, userId, person, ErasureMode.Delete, FoundAgain, AuditEvent.Engine, database.Time.GetUtcNow(), Origin: null), open);
        await _audit.AppendAsync(session, new AuditEvent(AuditEvent.Engine, "privacy.forget", Tombstones.NameOf(person), store, $$"""{"request":"{{id}}","mode":"delete"}"""));
        await session.MarkChangedAsync(Topic);
        return true;
    }, cancellation);

    /// <summary>Accepts a person's events again. Erased data stays erased.</summary>
    /// <returns><see langword="false"/> if the person is not refused.</returns>
    /// <exception cref="ControlRefusalException"><see cref="ControlRefusalException.ErasureRuns"/>: a request of the person is not completed.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> LiftAsync(string store, string userId, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var person = tombstones.HashOf(store, userId);
        if (await session.NumberAsync(
            $"SELECT COUNT(*) FROM privacy_requests WHERE store = {store} AND person = {person} AND state IN ({ErasureRequest.Pending}, {ErasureRequest.Running})") > 0)
        {
            throw new ControlRefusalException(ControlRefusalException.ErasureRuns, "The person is being erased. Wait until the request is completed.");
        }

        if (await session.RunAsync($"DELETE FROM tombstones WHERE store = {store} AND person = {person}") == 0)
        {
            return false;
        }

        await _audit.AppendAsync(session, new AuditEvent(actor, "privacy.lift", Tombstones.NameOf(person), store) { Address = address });
        await session.MarkChangedAsync(Tombstones.Topic);
        return true;
    }, cancellation);

    /// <summary>Lists a store's requests, the newest first. What other engines do for a request is in it.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="before">Lists requests with smaller ids; <see langword="null"/> for all.</param>
    /// <param name="limit">Maximum number of requests.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<ErasureRequest>> ListAsync(string store, string? before, int limit, CancellationToken cancellation = default) =>
        database.ReadAsync(
            session => WithElsewhereAsync(session, before is null ? SqlPart.Of($"store = {store} AND origin IS NULL") : SqlPart.Of($"store = {store} AND origin IS NULL AND id < {before}"), limit),
            cancellation);

    /// <summary>Finds a request of a store; returns <see langword="null"/> if there is none.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<ErasureRequest?> FindAsync(string store, string id, CancellationToken cancellation = default) =>
        database.ReadAsync(session => FindAsync(session, SqlPart.Of($"store = {store} AND id = {id}")), cancellation);

    /// <summary>
    /// Starts an attempt at the requests of a folder that are due: all new ones together, up to <see cref="MaxPerPass"/>, or one that was tried before alone, so that it
    /// cannot keep others from succeeding. A request that was running when the process ended is due.
    /// </summary>
    /// <returns>The requests and their subjects; if none is due, when the next one is.</returns>
    internal Task<(IReadOnlyList<(ErasureRequest Request, ErasedSubject? Subject)> Due, DateTimeOffset? Next)> StartAsync(string folder, CancellationToken cancellation) => database.WriteAsync(async session =>
    {
        var now = database.Time.GetUtcNow();
        var open = SqlPart.Of($"folder = {folder} AND state IN ({ErasureRequest.Pending}, {ErasureRequest.Running})");
        var due = await session.ListAsync($"SELECT id, attempts FROM privacy_requests WHERE {open} AND next_at <= {now} ORDER BY next_at, id LIMIT {MaxPerPass}",
            row => (Id: row.Text(0), IsNew: row.Number(1) == 0));
        var started = new List<(ErasureRequest, ErasedSubject?)>();
        foreach (var (id, _) in due is [{ IsNew: true }, ..] ? due.Where(request => request.IsNew) : due.Take(1))
        {
            await session.RunAsync($"UPDATE privacy_requests SET state = {ErasureRequest.Running}, attempts = attempts + 1, started_at = COALESCE(started_at, {now}) WHERE id = {id}");
            var request = (await ReadAsync(session, SqlPart.Of($"id = {id}"), 1))[0];
            var subject = await session.FirstAsync($"SELECT subject FROM privacy_requests WHERE id = {id}", row => row.BytesOrNull(0)) is not { } sealedSubject ? null
                : JsonSerializer.Deserialize(database.Keys.Open(sealedSubject, PlaceOf(id)), ErasureJson.Default.ErasedSubject);
            started.Add((request, subject));
        }

        return ((IReadOnlyList<(ErasureRequest, ErasedSubject?)>)started,
            started.Count > 0 ? null : await session.FirstAsync($"SELECT MIN(next_at) FROM privacy_requests WHERE {open}", row => row.TimeOrNull(0)));
    }, cancellation);

    /// <summary>Records a finished step, and the subject with all ids found so far.</summary>
    internal Task SetStepAsync(ErasureRequest request, IReadOnlyList<ErasureStep> steps, ErasedSubject? subject, CancellationToken cancellation) => database.WriteAsync(session => session.RunAsync($"""
        UPDATE privacy_requests SET steps = {JsonSerializer.Serialize(steps, ErasureJson.Default.IReadOnlyListErasureStep)},
            subject = {(subject is null ? null : database.Keys.Seal(JsonSerializer.Serialize(subject, ErasureJson.Default.ErasedSubject), PlaceOf(request.Id)))} WHERE id = {request.Id}
        """), cancellation);

    /// <summary>Deletes the identity of the erased person, which the remaining steps do not need.</summary>
    internal Task ForgetSubjectAsync(ErasureRequest request, CancellationToken cancellation) => database.WriteAsync(session =>
        session.RunAsync($"UPDATE privacy_requests SET subject = {(byte[]?)null}, reason = {request.Reason} WHERE id = {request.Id}"), cancellation);

    /// <summary>Records a failed attempt. After <see cref="MaxAttempts"/> the request has failed; the person stays refused.</summary>
    internal Task FailAsync(ErasureRequest request, string problem, CancellationToken cancellation) => database.WriteAsync(async session =>
    {
        var now = database.Time.GetUtcNow();
        var isLast = request.Attempts >= MaxAttempts;
        var delay = TimeSpan.FromSeconds(Math.Min(600, 1 << Math.Min(request.Attempts, 10)));
        await session.RunAsync($"""
            UPDATE privacy_requests SET state = {(isLast ? ErasureRequest.Failed : ErasureRequest.Pending)}, problem = {(problem.Length > MaxProblem ? problem[..MaxProblem] : problem)},
                next_at = {now + delay}, ended_at = {(isLast ? now : null)} WHERE id = {request.Id}
            """);
        if (isLast)
        {
            await _audit.AppendAsync(session, new AuditEvent(AuditEvent.Engine, "privacy.failed", Tombstones.NameOf(request.Person), request.Store, $$"""{"request":"{{request.Id}}"}"""));
        }
    }, cancellation);

    /// <summary>Completes a request and stores its receipt, in one transaction. Only the keyed hash of the person remains.</summary>
    internal Task CompleteAsync(ErasureRequest request, DateTimeOffset at, Func<ControlSession, Task<string>> sign, CancellationToken cancellation) => database.WriteAsync(async session =>
    {
        var receipt = await sign(session);
        await session.RunAsync($"""
            UPDATE privacy_requests SET state = {ErasureRequest.Completed}, ended_at = {at}, subject = {(byte[]?)null}, problem = {(string?)null}, receipt = {receipt}
            WHERE id = {request.Id}
            """);
        await session.RunAsync($"""
            DELETE FROM privacy_requests WHERE state = {ErasureRequest.Completed} AND id NOT IN
                (SELECT id FROM privacy_requests WHERE state = {ErasureRequest.Completed} ORDER BY id DESC LIMIT {MaxKept})
            """);
        await _audit.AppendAsync(session, new AuditEvent(AuditEvent.Engine, "privacy.forgotten", Tombstones.NameOf(request.Person), request.Store, $$"""{"request":"{{request.Id}}"}"""));
    }, cancellation);

    /// <summary>Returns the name of a mode.</summary>
    public static string NameOf(ErasureMode mode) => mode == ErasureMode.Anonymise ? "anonymise" : "delete";

    /// <summary>Parses the name of a mode.</summary>
    public static bool TryParse(string? name, out ErasureMode mode)
    {
        mode = name == "anonymise" ? ErasureMode.Anonymise : ErasureMode.Delete;
        return name is "delete" or "anonymise";
    }

    async Task<string> AddAsync(ControlSession session, Addition added, ErasureRequest? failed)
    {
        await EnsureRoomAsync(session, added.Folder);
        var id = failed?.Id ?? Guid.CreateVersion7().ToString("n");
        var subject = new ErasedSubject(added.UserId, [], [], []);
        var sealedSubject = database.Keys.Seal(JsonSerializer.Serialize(subject, ErasureJson.Default.ErasedSubject), PlaceOf(id));
        if (failed is not null)
        {
            // Repeats all steps: the receipt must hold for the time and mode of this request. Keeps the subject if it is still stored: the erased
            // data named the carts.
            await session.RunAsync($"""
                UPDATE privacy_requests SET state = {ErasureRequest.Pending}, mode = {NameOf(added.Mode)}, reason = {added.Reason}, requested_by = {added.Actor},
                    requested_at = {added.At}, started_at = {(DateTimeOffset?)null}, ended_at = {(DateTimeOffset?)null}, attempts = {0L}, next_at = {added.At}, problem = {(string?)null},
                    steps = {"[]"}, subject = COALESCE(subject, {sealedSubject}), origin = {added.Origin} WHERE id = {id}
                """);
        }
        else
        {
            await session.RunAsync($"""
                INSERT INTO privacy_requests (id, folder, store, person, subject, mode, reason, state, requested_by, requested_at, attempts, next_at, steps, origin)
                VALUES ({id}, {added.Folder}, {added.Store}, {added.Person}, {sealedSubject}, {NameOf(added.Mode)}, {added.Reason}, {ErasureRequest.Pending}, {added.Actor},
                    {added.At}, {0L}, {added.At}, {"[]"}, {added.Origin})
                """);
        }

        return id;
    }

    static async Task EnsureRoomAsync(ControlSession session, string folder)
    {
        if (await session.NumberAsync($"SELECT COUNT(*) FROM privacy_requests WHERE folder = {folder} AND state IN ({ErasureRequest.Pending}, {ErasureRequest.Running})") >= MaxOpen
            || await session.NumberAsync($"SELECT COUNT(*) FROM tombstones") >= Tombstones.Max)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyRequests, string.Create(CultureInfo.InvariantCulture, $"{MaxOpen} erasures are pending. Try again later."));
        }
    }

    // The request of a person in a folder that is not completed.
    static async Task<ErasureRequest?> OpenAsync(ControlSession session, string folder, string store, byte[] person) =>
        (await ReadAsync(session, SqlPart.Of($"folder = {folder} AND store = {store} AND person = {person} AND state <> {ErasureRequest.Completed}"), 1)).FirstOrDefault();

    static async Task<ErasureRequest?> FindAsync(ControlSession session, SqlPart condition) => (await WithElsewhereAsync(session, condition, 1)).FirstOrDefault();

    static async Task<List<ErasureRequest>> WithElsewhereAsync(ControlSession session, SqlPart condition, int limit)
    {
        var requests = await ReadAsync(session, condition, limit);
        var elsewhere = (await ReadAsync(session, SqlPart.Of($"origin IN (SELECT id FROM privacy_requests WHERE {condition} ORDER BY id DESC LIMIT {limit})"), int.MaxValue))
            .ToLookup(request => request.Origin);
        return [.. requests.Select(request => elsewhere.Contains(request.Id) ? request with { Elsewhere = [.. elsewhere[request.Id].OrderBy(one => one.Folder, StringComparer.Ordinal)] } : request)];
    }

    static Task<List<ErasureRequest>> ReadAsync(ControlSession session, SqlPart condition, int limit) => session.ListAsync($"""
        SELECT id, store, person, mode, reason, state, requested_by, requested_at, started_at, ended_at, attempts, problem, steps, receipt, folder, origin FROM privacy_requests
        WHERE {condition} ORDER BY id DESC LIMIT {limit}
        """, row => new ErasureRequest(row.Text(0), row.Text(1), row.Bytes(2), row.Text(3) == "anonymise" ? ErasureMode.Anonymise : ErasureMode.Delete, row.TextOrNull(4), row.Text(5),
            row.Text(6), row.Time(7), row.TimeOrNull(8), row.TimeOrNull(9), (int)row.Number(10), row.TextOrNull(11),
            JsonSerializer.Deserialize(row.Text(12), ErasureJson.Default.IReadOnlyListErasureStep) ?? [], row.TextOrNull(13), row.Text(14), row.TextOrNull(15)));

    // A request to add in one data folder.
    sealed record Addition(string Folder, string Store, string UserId, byte[] Person, ErasureMode Mode, string? Reason, string Actor, DateTimeOffset At, string? Origin);

    static string PlaceOf(string id) => $"privacy_requests.subject:{id}";
}
