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
        Assert.That(await _store.ReportAsync(first, 40), Is.True);
        Assert.That((await _store.FindAsync("spring", "shop", first))!.Percent, Is.EqualTo(40));
        await _store.EndAsync(first, CampaignBacktest.Succeeded, problem: null, """{"events":1}""");
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
            await AddAsync();
        }

        Assert.That((await Assert.ThrowsAsync<ControlRefusalException>(() => AddAsync()))!.Code, Is.EqualTo("too_many_backtests"));
        await _store.CancelAsync((await _store.FindAsync("spring", "shop", 3))!, User, address: null);
        Assert.That(await AddAsync(), Is.EqualTo(BacktestStore.MaxOpen + 1));
    }

    [Test]
    public async Task A_cancelled_backtest_stays_cancelled()
    {
        var id = await AddAsync();
        var backtest = (await _store.BeginAsync())!;
        await _store.CancelAsync(backtest, User, address: null);
        Assert.That(await _store.ReportAsync(id, 50), Is.False, "its runner is told");
        await _store.EndAsync(id, CampaignBacktest.Succeeded, problem: null, "{}");
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
            await _store.EndAsync((await _store.BeginAsync())!.Id, CampaignBacktest.Succeeded, problem: null, "{}");
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

    Task<long> AddAsync(string campaign = "spring") => _store.AddAsync(new CampaignBacktest(0, campaign, 1, "shop", Time.GetUtcNow().AddDays(-7), Time.GetUtcNow(), Model: null,
        CampaignBacktest.Waiting, User, Time.GetUtcNow(), StartedAt: null, EndedAt: null, 0, 0, Problem: null, Result: null), "192.0.2.1");
}
