using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Campaigns;

/// <summary>The queue of backtests and their results in both databases.</summary>
public sealed class BacktestStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    const string User = "user:1";

    BacktestStore _store = null!;

    [SetUp]
    public void SetUp() => _store = new BacktestStore(Control, new JobControl(Control, ""));

    [Test]
    public async Task Backtests_run_in_the_order_of_their_requests()
    {
        var (first, second) = (await AddAsync(), await AddAsync("winter"));
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM job_runs WHERE job = {"backtest"}")), Is.EqualTo(1), "one waiting run of the job is enough");

        var running = (await _store.BeginAsync())!;
        Assert.That((running.Id, running.State, running.Attempts, running.From), Is.EqualTo((first, "running", 1, Time.GetUtcNow().AddDays(-7))));
        Assert.That(await _store.ReportAsync(running, 40), Is.True);
        Assert.That((await _store.FindAsync("spring", "shop", first))!.Percent, Is.EqualTo(40));
        await _store.EndAsync(running, CampaignBacktest.Succeeded, problem: null, """{"events":1}""");
        var ended = (await _store.FindAsync("spring", "shop", first))!;
        Assert.That((ended.State, ended.Percent, ended.Result, ended.EndedAt), Is.EqualTo(("succeeded", 100, """{"events":1}""", Time.GetUtcNow())));
        Assert.That((await _store.BeginAsync())!.Id, Is.EqualTo(second));
        Assert.That(await _store.FindAsync("spring", "other", first), Is.Null, "another store's");
        Assert.That((await _store.ListAsync("spring", "shop", long.MaxValue, 10)).Select(one => (one.Id, one.Result)), Is.EqualTo(new[] { (first, (string?)null) }));
        var entry = (await new AuditLog(Control).ListAsync(new AuditFilter(Action: "campaign.backtest"), long.MaxValue, 20))[^1].Event;
        Assert.That((entry.Actor, entry.Target, entry.Store, entry.Details, entry.Address), Is.EqualTo((User, "campaign:spring", "shop", """{"version":1,"backtest":1}""", "192.0.2.1")));
    }

    [Test]
    public async Task The_queue_is_bounded()
    {
        for (var i = 0; i < BacktestStore.MaxOpen; i++)
        {
            await AddAsync(store: $"shop{i / BacktestStore.MaxOpenOfStore}");
        }

        Assert.That((await Assert.ThrowsAsync<ControlRefusalException>(() => AddAsync()))!.Code, Is.EqualTo("too_many_backtests"));
        await _store.CancelAsync((await _store.FindAsync("spring", "shop1", 3))!, User, address: null);
        Assert.That((await Assert.ThrowsAsync<ControlRefusalException>(() => AddAsync(store: "shop0")))!.Message, Does.StartWith("2 backtests of the store are pending or running."));
        Assert.That(await AddAsync(), Is.EqualTo(BacktestStore.MaxOpen + 1));
    }

    [Test]
    public async Task Stores_take_turns()
    {
        foreach (var store in new[] { "one", "one", "two", "three", "two" })
        {
            await AddAsync(store: store);
        }

        var turns = new List<string>();
        while (await _store.BeginAsync() is { } next)
        {
            turns.Add(next.Store);
            Time.Advance(TimeSpan.FromMinutes(1));
            await _store.EndAsync(next, CampaignBacktest.Succeeded, problem: null, "{}");
        }

        Assert.That(turns, Is.EqualTo(new[] { "one", "two", "three", "one", "two" }));
    }

    [Test]
    public async Task A_number_is_never_used_again()
    {
        var campaigns = new CampaignStore(Control);
        await campaigns.SaveAsync("winter", 0, new CampaignDraft("{}", ["shop"], StartsAt: null, EndsAt: null, ""), User, address: null);
        var deleted = await AddAsync("winter");
        await campaigns.DeleteAsync("winter", 1, User, address: null);
        Assert.That(await AddAsync(), Is.EqualTo(deleted + 1));
    }

    [Test]
    public async Task A_process_that_was_replaced_ends_and_reports_nothing()
    {
        await AddAsync();
        var (former, next) = ((await _store.BeginAsync())!, (await _store.BeginAsync())!);
        await _store.EndAsync(former, CampaignBacktest.Failed, "late", result: null);
        Assert.That((await _store.ReportAsync(former, 90), await _store.ReportAsync(next, 10)), Is.EqualTo((false, true)));
        var other = new BacktestStore(Control, new JobControl(Control, "other"));
        Assert.That(await other.ReportAsync(next, 20), Is.False);
        Assert.That((await _store.FindAsync("spring", "shop", next.Id))!, Has.Property("State").EqualTo("running").And.Property("Percent").EqualTo(10));
    }

    [Test]
    public async Task Open_backtests_ask_for_the_job_at_the_start_and_in_upkeep()
    {
        var other = new BacktestStore(Control, new JobControl(Control, "other"));
        await other.ResumeAsync();
        await _store.UpkeepAsync();
        Assert.That(await RunsAsync(), Is.Zero, "nothing waits");

        await other.AddAsync(Backtest("spring", "shop"), address: null);
        await Control.WriteAsync(session => session.RunAsync($"DELETE FROM job_runs"));
        await _store.ResumeAsync();
        Assert.That(await RunsAsync(), Is.Zero, "another engine's");
        await other.ResumeAsync();
        Assert.That(await RunsAsync(), Is.EqualTo(1));
        await Control.WriteAsync(session => session.RunAsync($"DELETE FROM job_runs"));
        await _store.UpkeepAsync();
        Assert.That(await RunsAsync(), Is.EqualTo(1));

        Task<long?> RunsAsync() => Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM job_runs WHERE engine = {"other"} AND outcome = {JobOutcome.Waiting}"));
    }

    [Test]
    public async Task One_of_an_engine_that_is_gone_fails_by_its_age()
    {
        var other = new BacktestStore(Control, new JobControl(Control, "other"));
        var id = await other.AddAsync(Backtest("spring", "shop"), address: null);
        Time.Advance(BacktestStore.MaxAge);
        await _store.UpkeepAsync();
        Assert.That((await _store.FindAsync("spring", "shop", id))!.State, Is.EqualTo("waiting"));
        Time.Advance(TimeSpan.FromMinutes(1));
        await _store.UpkeepAsync();
        var failed = (await _store.FindAsync("spring", "shop", id))!;
        Assert.That((failed.State, failed.Problem), Is.EqualTo(("failed", "No engine ended it within 24 hours. Start it again.")));
    }

    [Test]
    public async Task A_cancelled_backtest_stays_cancelled()
    {
        var id = await AddAsync();
        var backtest = (await _store.BeginAsync())!;
        await _store.CancelAsync(backtest, User, address: null);
        Assert.That(await _store.ReportAsync(backtest, 50), Is.False, "its runner is told");
        await _store.EndAsync(backtest, CampaignBacktest.Succeeded, problem: null, "{}");
        var cancelled = (await _store.FindAsync("spring", "shop", id))!;
        Assert.That((cancelled.State, cancelled.Result, await _store.BeginAsync()), Is.EqualTo(("cancelled", (string?)null, (CampaignBacktest?)null)));
        Assert.That((await Assert.ThrowsAsync<ControlRefusalException>(() => _store.CancelAsync(cancelled, User, address: null)))!.Code, Is.EqualTo("backtest_ended"));
    }

    [Test]
    public async Task A_backtest_interrupted_by_a_stop_is_restarted_a_few_times()
    {
        var (id, next) = (await AddAsync(), await AddAsync());
        for (var attempt = 1; attempt <= BacktestStore.MaxAttempts; attempt++)
        {
            var begun = (await _store.BeginAsync())!;
            Assert.That((begun.Id, begun.Attempts), Is.EqualTo((id, attempt)));
        }

        Assert.That((await _store.BeginAsync())!.Id, Is.EqualTo(next));
        var failed = (await _store.FindAsync("spring", "shop", id))!;
        Assert.That((failed.State, failed.Problem), Is.EqualTo(("failed", "it was begun 3 times, and did not end")));
    }

    [Test]
    public async Task Results_are_kept_by_number_and_age_and_deleted_with_their_campaign()
    {
        for (var i = 0; i < BacktestStore.MaxKept + 3; i++)
        {
            await AddAsync();
            await _store.EndAsync((await _store.BeginAsync())!, CampaignBacktest.Succeeded, problem: null, "{}");
        }

        var last = await AddAsync("winter");
        await _store.BeginAsync();
        Assert.That(await _store.ListAsync("spring", "shop", long.MaxValue, 100), Has.Count.EqualTo(BacktestStore.MaxKept));
        Time.Advance(BacktestStore.Retention + TimeSpan.FromMinutes(1));
        await _store.BeginAsync();
        Assert.That(await _store.ListAsync("spring", "shop", long.MaxValue, 100), Is.Empty);

        var campaigns = new CampaignStore(Control);
        await campaigns.SaveAsync("winter", 0, new CampaignDraft("{}", ["shop"], StartsAt: null, EndsAt: null, ""), User, address: null);
        Assert.That(await _store.FindAsync("winter", "shop", last), Is.Not.Null);
        await campaigns.DeleteAsync("winter", 1, User, address: null);
        Assert.That(await _store.FindAsync("winter", "shop", last), Is.Null);
    }

    Task<long> AddAsync(string campaign = "spring", string store = "shop") => _store.AddAsync(Backtest(campaign, store), "192.0.2.1");

    CampaignBacktest Backtest(string campaign, string store) => new(0, campaign, 1, store, Time.GetUtcNow().AddDays(-7), Time.GetUtcNow(), Model: null,
        CampaignBacktest.Waiting, User, Time.GetUtcNow(), StartedAt: null, EndedAt: null, 0, 0, Problem: null, Result: null);
}
