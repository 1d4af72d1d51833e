using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Exports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Privacy;

/// <summary>Route of <c>GET /v1/gdpr/retention</c>: the retention of each kind of data, and what has expired.</summary>
static class RetentionRoute
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/retention", GetAsync)
        .Describe("previewRetention", "Preview retention", """
            Each kind of data with the setting that says how long it is kept, how many rows the store has, and how many of them are too old: they go within minutes or hours, some
            at a time. Deletes nothing itself.
            """)
        .WithMetadata(new ReadsReports()).Problems(ControlProblems.Unavailable);

    static async Task<Ok<RetentionPreview>> GetAsync(
        HttpContext context, Caller caller, JourneyWorker journeys, JourneyEngine engine, IJourneyOptionsProvider inForce, CartRecoveryConfig config, DeadLetterStore letters, ControlDatabase control, ExportServices exports, ReconciliationStore reconciliations,
        IEngineState engineState, TimeProvider time)
    {
        await journeys.CatchUpForReportAsync();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var counts = await Task.Run(() => RetentionCounts.Of(engine.Store.Database.Path, caller.Store.Id, inForce.JourneyOptions, now), context.RequestAborted);
        var events = new RetentionItem("events", "journal.retention", DurationText.Write(config.Journal.Retention.Value), Rows: null, Expired: null, OldestAt: null);
        return TypedResults.Ok(new RetentionPreview([events, .. counts.Select(RetentionItem.Of), ArchiveOf(caller, engineState.Config, exports, time.GetUtcNow()),
            await ReportsOfAsync(caller, inForce.JourneyOptions, reconciliations, now, context.RequestAborted), LettersOf(caller, config, letters, now), await AuditOfAsync(caller, config, control, now, context.RequestAborted)]));
    }

    static RetentionItem ArchiveOf(Caller caller, CartRecoveryConfig config, ExportServices exports, DateTimeOffset now)
    {
        var age = config.Archive.Retention?.Value;
        DateOnly? oldest = age is { } kept ? DateOnly.FromDateTime((now - kept).UtcDateTime) : null;
        var files = exports.Archives.FilesOf(caller.Store.Id);
        return RetentionItem.Of(new RetentionCount("archivedEvents", "archive.retention", (long?)age?.TotalMilliseconds, files.Sum(file => file.Rows),
            files.Where(file => file.Date < oldest).Sum(file => file.Rows),
            files.Count == 0 ? null : new DateTimeOffset(files.Min(file => file.Date).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeMilliseconds()));
    }

    static async Task<RetentionItem> ReportsOfAsync(Caller caller, JourneyOptions options, ReconciliationStore reconciliations, long now, CancellationToken cancellation)
    {
        var (rows, expired, oldest) = await reconciliations.CountAsync(caller.Store.Id, DateTimeOffset.FromUnixTimeMilliseconds(now - options.Retention), cancellation);
        return RetentionItem.Of(new RetentionCount("reconciliations", "contact.retention", options.Retention, rows, expired, oldest));
    }

    static RetentionItem LettersOf(Caller caller, CartRecoveryConfig config, DeadLetterStore letters, long now)
    {
        var age = (long)config.DeadLetters.Age.Value.TotalMilliseconds;
        var (rows, expired, oldest) = (0L, 0L, (long?)null);
        foreach (var letter in letters.Read(store: caller.Store.Id).Where(letter => letter.Store == caller.Store.Id))
        {
            rows++;
            expired += letter.At < now - age ? 1 : 0;
            oldest = Math.Min(oldest ?? letter.At, letter.At);
        }

        return RetentionItem.Of(new RetentionCount("deadLetters", "deadLetters.age", age, rows, expired, oldest));
    }

    static async Task<RetentionItem> AuditOfAsync(Caller caller, CartRecoveryConfig config, ControlDatabase control, long now, CancellationToken cancellation)
    {
        var (store, age) = (caller.Store.Id, (long)config.Control.AuditRetention.Value.TotalMilliseconds);
        var rows = await control.ReadAsync(session => session.FirstAsync(
            $"SELECT COUNT(*), SUM(CASE WHEN at < {now - age} THEN 1 ELSE 0 END), MIN(at) FROM audit WHERE store = {store}",
            row => new RetentionCount("auditEntries", "control.auditRetention", age, row.Number(0), row.NumberOrNull(1) ?? 0, row.NumberOrNull(2))), cancellation);
        return RetentionItem.Of(rows!);
    }
}

/// <summary>The retention of each kind of data.</summary>
/// <param name="Items">The kinds.</param>
sealed record RetentionPreview(IReadOnlyList<RetentionItem> Items);

/// <summary>The retention of a kind of data, and what has expired.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Setting">The setting.</param>
/// <param name="Retention">The retention, like 90d; null for data that is kept until the person is erased.</param>
/// <param name="Rows">Number of the store's rows; null if they are not counted: the journal deletes whole files.</param>
/// <param name="Expired">Number of rows that have expired.</param>
/// <param name="OldestAt">The time of the oldest row; null if there is none.</param>
sealed record RetentionItem(string Kind, string Setting, string? Retention, long? Rows, long? Expired, DateTime? OldestAt)
{
    /// <summary>Describes a count.</summary>
    public static RetentionItem Of(RetentionCount count) => new(count.Kind, count.Setting, count.Retention is { } age ? DurationText.Write(TimeSpan.FromMilliseconds(age)) : null,
        count.Rows, count.Expired, count.Oldest is { } at ? PersonRecords.TimeOf(at) : null);
}
