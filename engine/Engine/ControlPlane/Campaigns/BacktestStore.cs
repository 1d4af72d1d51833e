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
    /// <summary>Maximum number of an engine's pending and running backtests, of those of a store, and of kept ended ones for each campaign and store.</summary>
    public const int MaxOpen = 10, MaxOpenOfStore = 2, MaxKept = 20;

    /// <summary>Maximum number of attempts at a backtest that a stop of the engine interrupts.</summary>
    public const int MaxAttempts = 3;

    /// <summary>The name of the job that executes them.</summary>
    public const string Job = "backtest";

    // The actor of requests that no user makes.
    const string Engine = "engine";

    // Maximum length of a stored problem, in characters.
    const int MaxProblem = 1000;

    // Maximum number of engines that share the database.
    const int MaxEngines = 1000;

    readonly AuditLog _audit = new(database);

    /// <summary>Retention of results.</summary>
    public static TimeSpan Retention { get; } = TimeSpan.FromDays(30);

    /// <summary>Maximum age of a pending or running backtest. An older one fails: its engine is gone. The longest queue takes a quarter of it.</summary>
    public static TimeSpan MaxAge { get; } = TimeSpan.FromDays(1);

    /// <summary>Queues a backtest, and requests a run of the job.</summary>
    /// <param name="backtest">The backtest; its number, state and times are ignored.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <returns>Its number.</returns>
    /// <exception cref="ControlRefusalException">The queue is full, or the store has too many in it.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<long> AddAsync(CampaignBacktest backtest, string? address) => database.WriteAsync(async session =>
    {
        var open = await session.ListAsync($"""
            SELECT store FROM campaign_backtests WHERE engine = {jobs.Engine} AND state IN ({CampaignBacktest.Waiting}, {CampaignBacktest.Running}) LIMIT {MaxOpen}
            """, row => row.Text(0));
        if (open.Count >= MaxOpen || open.Count(store => store == backtest.Store) >= MaxOpenOfStore)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyBacktests, open.Count >= MaxOpen
                ? $"{MaxOpen} backtests are pending or running. Wait for one, or cancel one." : $"{MaxOpenOfStore} backtests of the store are pending or running. Wait for one, or cancel one.");
        }

        // Never reuses the number of a deleted row, which a client may still query.
        await session.RunAsync($"UPDATE campaign_backtest_numbers SET highest = highest + 1");
        var (now, id) = (database.Time.GetUtcNow(), (await session.NumberAsync($"SELECT highest FROM campaign_backtest_numbers"))!.Value);
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

    /// <summary>
    /// Starts the next backtest of this engine: an interrupted one, or else the oldest of the store whose last one started first. Deletes expired results.
    /// </summary>
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
        var open = await session.ListAsync($"""
            SELECT id, campaign, version, store, from_at, to_at, model, state, requested_by, requested_at, started_at, ended_at, percent, attempts, problem, NULL
            FROM campaign_backtests WHERE engine = {jobs.Engine} AND state IN ({CampaignBacktest.Waiting}, {CampaignBacktest.Running}) ORDER BY id LIMIT {MaxOpen}
            """, Read);
        var begun = (await session.ListAsync($"""
            SELECT store, MAX(started_at) FROM campaign_backtests WHERE engine = {jobs.Engine} AND started_at IS NOT NULL GROUP BY store
            """, row => (Store: row.Text(0), At: row.Time(1)))).ToDictionary(store => store.Store, store => store.At, StringComparer.Ordinal);
        if ((open.Find(one => one.State == CampaignBacktest.Running) ?? open.MinBy(one => (begun.GetValueOrDefault(one.Store), one.Id))) is not { } next)
        {
            return null;
        }

        await session.RunAsync($"""
            UPDATE campaign_backtests SET state = {CampaignBacktest.Running}, started_at = {now}, percent = {0}, attempts = {next.Attempts + 1} WHERE id = {next.Id}
            """);
        return next with { State = CampaignBacktest.Running, StartedAt = now, Percent = 0, Attempts = next.Attempts + 1 };
    }, cancellation);

    /// <summary>Requests a run of the job if this engine has pending or interrupted backtests. Call at the start.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task ResumeAsync(CancellationToken cancellation = default)
    {
        if (await database.ReadAsync(session => session.NumberAsync($"""
            SELECT COUNT(*) FROM campaign_backtests WHERE engine = {jobs.Engine} AND state IN ({CampaignBacktest.Waiting}, {CampaignBacktest.Running})
            """), cancellation) > 0)
        {
            await database.WriteAsync(session => jobs.RequestAsync(session, Job, Engine), cancellation);
        }
    }

    /// <summary>Requests a run of the job on each engine with pending or running backtests. Fails those of engines that are gone.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task UpkeepAsync(CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        await CleanAsync(session, database.Time.GetUtcNow());
        foreach (var engine in await session.ListAsync($"""
            SELECT DISTINCT engine FROM campaign_backtests WHERE state IN ({CampaignBacktest.Waiting}, {CampaignBacktest.Running}) LIMIT {MaxEngines}
            """, row => row.Text(0)))
        {
            await jobs.RequestAsync(session, Job, Engine, engine);
        }
    }, cancellation);

    /// <summary>Stores the progress of a backtest.</summary>
    /// <param name="backtest">The backtest, as <see cref="BeginAsync"/> returned it.</param>
    /// <param name="percent">The progress, 0–100.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns><see langword="false"/> if it was cancelled, deleted with its campaign, or started again by another process.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<bool> ReportAsync(CampaignBacktest backtest, int percent, CancellationToken cancellation = default) => await database.WriteAsync(session => session.RunAsync($"""
        UPDATE campaign_backtests SET percent = {percent}
        WHERE id = {backtest.Id} AND engine = {jobs.Engine} AND attempts = {backtest.Attempts} AND state = {CampaignBacktest.Running}
        """), cancellation) == 1;

    /// <summary>Records the end of a backtest. Does nothing if it was cancelled, deleted with its campaign, or started again by another process.</summary>
    /// <param name="backtest">The backtest, as <see cref="BeginAsync"/> returned it.</param>
    /// <param name="state">The final state.</param>
    /// <param name="problem">Why it failed; <see langword="null"/> if it did not.</param>
    /// <param name="result">The result, as JSON.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task EndAsync(CampaignBacktest backtest, string state, string? problem, string? result, CancellationToken cancellation = default) => database.WriteAsync(session => session.RunAsync($"""
        UPDATE campaign_backtests SET state = {state}, ended_at = {database.Time.GetUtcNow()}, percent = {100}, problem = {(problem?.Length > MaxProblem ? problem[..MaxProblem] : problem)},
            result = {result}
        WHERE id = {backtest.Id} AND engine = {jobs.Engine} AND attempts = {backtest.Attempts} AND state = {CampaignBacktest.Running}
        """), cancellation);

    static async Task CleanAsync(ControlSession session, DateTimeOffset now)
    {
        await session.RunAsync($"""
            UPDATE campaign_backtests SET state = {CampaignBacktest.Failed}, ended_at = {now}, problem = {$"No engine ended it within {MaxAge.TotalHours} hours. Start it again."}
            WHERE state IN ({CampaignBacktest.Waiting}, {CampaignBacktest.Running}) AND COALESCE(started_at, requested_at) < {now - MaxAge}
            """);
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
