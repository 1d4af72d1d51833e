using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>Stores the backtests of campaigns: an engine's queue, and the results. Thread-safe.</summary>
/// <param name="database">The database.</param>
/// <param name="jobs">Requests runs of the job that executes them.</param>
public sealed class BacktestStore(ControlDatabase database, JobControl jobs)
{
    /// <summary>Maximum number of an engine's pending and running backtests, and of kept ended ones for each campaign and store.</summary>
    public const int MaxOpen = 10, MaxKept = 20;

    /// <summary>Maximum number of attempts at a backtest that a stop of the engine interrupts.</summary>
    public const int MaxAttempts = 3;

    /// <summary>The name of the job that executes them.</summary>
    public const string Job = "backtest";

    // Maximum length of a stored problem, in characters.
    const int MaxProblem = 1000;

    readonly AuditLog _audit = new(database);

    /// <summary>Retention of results.</summary>
    public static TimeSpan Retention { get; } = TimeSpan.FromDays(30);

    /// <summary>Queues a backtest, and requests a run of the job.</summary>
    /// <param name="backtest">The backtest; its number, state and times are ignored.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <returns>Its number.</returns>
    /// <exception cref="ControlRefusalException">The queue is full.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<long> AddAsync(CampaignBacktest backtest, string? address) => database.WriteAsync(async session =>
    {
        if (await session.NumberAsync($"""
            SELECT COUNT(*) FROM campaign_backtests WHERE engine = {jobs.Engine} AND state IN ({CampaignBacktest.Waiting}, {CampaignBacktest.Running})
            """) >= MaxOpen)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyBacktests, $"{MaxOpen} backtests are pending or running. Wait for one, or cancel one.");
        }

        var (now, id) = (database.Time.GetUtcNow(), (await session.NumberAsync($"SELECT MAX(id) FROM campaign_backtests") ?? 0) + 1);
        await session.RunAsync($"""
            INSERT INTO campaign_backtests (id, engine, campaign, version, store, from_at, to_at, model, state, requested_by, requested_at, percent, attempts)
            VALUES ({id}, {jobs.Engine}, {backtest.Campaign}, {backtest.Version}, {backtest.Store}, {backtest.From}, {backtest.To}, {backtest.Model}, {CampaignBacktest.Waiting}, {backtest.By},
                {now}, {0}, {0})
            """);
        await _audit.AppendAsync(session, new AuditEvent(backtest.By, "campaign.backtest", $"campaign:{backtest.Campaign}", backtest.Store,
            string.Create(CultureInfo.InvariantCulture, $$"""{"version":{{backtest.Version}},"backtest":{{id}}}"""))
        { Address = address });
        await jobs.RequestAsync(session, Job, backtest.By);
        return id;
    });

    /// <summary>Lists the backtests of a campaign in a store, the newest first, without results.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<CampaignBacktest>> ListAsync(string campaign, string store, long before, int limit, CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"""
        SELECT id, campaign, version, store, from_at, to_at, model, state, requested_by, requested_at, started_at, ended_at, percent, attempts, problem, NULL
        FROM campaign_backtests WHERE campaign = {campaign} AND store = {store} AND id < {before} ORDER BY id DESC LIMIT {limit}
        """, Read), cancellation);

    /// <summary>Finds a backtest with its result; returns <see langword="null"/> if the campaign has none with this number in the store.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<CampaignBacktest?> FindAsync(string campaign, string store, long id, CancellationToken cancellation = default) => database.ReadAsync(session => session.FirstAsync(
        $"""
        SELECT id, campaign, version, store, from_at, to_at, model, state, requested_by, requested_at, started_at, ended_at, percent, attempts, problem, result
        FROM campaign_backtests WHERE id = {id} AND campaign = {campaign} AND store = {store}
        """, Read), cancellation)!;

    /// <summary>Cancels a pending or running backtest.</summary>
    /// <exception cref="ControlRefusalException">It has ended.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task CancelAsync(CampaignBacktest backtest, string actor, string? address) => database.WriteAsync(async session =>
    {
        if (await session.RunAsync($"""
            UPDATE campaign_backtests SET state = {CampaignBacktest.Cancelled}, ended_at = {database.Time.GetUtcNow()}, problem = {$"cancelled by {actor}"}
            WHERE id = {backtest.Id} AND state IN ({CampaignBacktest.Waiting}, {CampaignBacktest.Running})
            """) == 0)
        {
            throw new ControlRefusalException(ControlRefusalException.BacktestEnded, "The backtest has ended.");
        }

        await _audit.AppendAsync(session, new AuditEvent(actor, "campaign.backtest_cancel", $"campaign:{backtest.Campaign}", backtest.Store,
            string.Create(CultureInfo.InvariantCulture, $$"""{"backtest":{{backtest.Id}}}"""))
        { Address = address });
    });

    /// <summary>Starts the next backtest of this engine: an interrupted one, or else the oldest pending one. Deletes expired results.</summary>
    /// <returns><see langword="null"/> if none is pending.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<CampaignBacktest?> BeginAsync(CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var now = database.Time.GetUtcNow();
        await session.RunAsync($"""
            UPDATE campaign_backtests SET state = {CampaignBacktest.Failed}, ended_at = {now}, problem = {$"it was begun {MaxAttempts} times, and did not end"}
            WHERE engine = {jobs.Engine} AND state = {CampaignBacktest.Running} AND attempts >= {MaxAttempts}
            """);
        await CleanAsync(session, now);
        if (await session.FirstAsync($"""
            SELECT id, campaign, version, store, from_at, to_at, model, state, requested_by, requested_at, started_at, ended_at, percent, attempts, problem, NULL
            FROM campaign_backtests WHERE engine = {jobs.Engine} AND state IN ({CampaignBacktest.Waiting}, {CampaignBacktest.Running}) ORDER BY state, id LIMIT 1
            """, Read) is not { } next)
        {
            return null;
        }

        await session.RunAsync($"""
            UPDATE campaign_backtests SET state = {CampaignBacktest.Running}, started_at = {now}, percent = {0}, attempts = {next.Attempts + 1} WHERE id = {next.Id}
            """);
        return next with { State = CampaignBacktest.Running, StartedAt = now, Percent = 0, Attempts = next.Attempts + 1 };
    }, cancellation);

    /// <summary>Stores the progress of a backtest.</summary>
    /// <returns><see langword="false"/> if it was cancelled, or its campaign deleted.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<bool> ReportAsync(long id, int percent, CancellationToken cancellation = default) => await database.WriteAsync(session => session.RunAsync(
        $"UPDATE campaign_backtests SET percent = {percent} WHERE id = {id} AND state = {CampaignBacktest.Running}"), cancellation) == 1;

    /// <summary>Records the end of a backtest. Does nothing if it was cancelled.</summary>
    /// <param name="id">The backtest.</param>
    /// <param name="state">The final state.</param>
    /// <param name="problem">Why it failed; <see langword="null"/> if it did not.</param>
    /// <param name="result">The result, as JSON.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task EndAsync(long id, string state, string? problem, string? result, CancellationToken cancellation = default) => database.WriteAsync(session => session.RunAsync($"""
        UPDATE campaign_backtests SET state = {state}, ended_at = {database.Time.GetUtcNow()}, percent = {100}, problem = {(problem?.Length > MaxProblem ? problem[..MaxProblem] : problem)},
            result = {result}
        WHERE id = {id} AND state = {CampaignBacktest.Running}
        """), cancellation);

    static async Task CleanAsync(ControlSession session, DateTimeOffset now)
    {
        await session.RunAsync($"DELETE FROM campaign_backtests WHERE ended_at < {now - Retention}");
        await session.RunAsync($"""
            DELETE FROM campaign_backtests WHERE ended_at IS NOT NULL AND {MaxKept} <= (
                SELECT COUNT(*) FROM campaign_backtests AS newer
                WHERE newer.campaign = campaign_backtests.campaign AND newer.store = campaign_backtests.store AND newer.ended_at IS NOT NULL AND newer.id > campaign_backtests.id)
            """);
    }

    static CampaignBacktest Read(ControlRow row) => new(row.Number(0), row.Text(1), row.Number(2), row.Text(3), row.Time(4), row.Time(5), row.TextOrNull(6), row.Text(7), row.Text(8), row.Time(9),
        row.TimeOrNull(10), row.TimeOrNull(11), (int)row.Number(12), (int)row.Number(13), row.TextOrNull(14), row.TextOrNull(15));
}
