using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Jobs;

/// <summary>Which ended runs operators are notified of, and what a run knows of its end.</summary>
public sealed class JobNoticeTests(DatabaseKind kind) : JobFixture(kind)
{
    [TestCase(true, "failed,recovered,failed")]
    [TestCase(false, "failed,failed,failed")]
    public async Task A_job_that_runs_often_notifies_of_changes_alone(bool ofChanges, string expected)
    {
        var isDown = false;
        var definition = Hourly((_, _) => isDown ? throw new IOException("down") : Task.CompletedTask) with { NotifiesOfChanges = ofChanges, Retries = 0 };
        await using (var engine = await EngineAsync(definition))
        {
            foreach (var state in new[] { false, true, true, false })
            {
                isDown = state;
                await PassAsync(engine, 60 * Minute);
            }

            if (!ofChanges)
            {
                isDown = true;
                await PassAsync(engine, 60 * Minute);
            }
        }

        isDown = true;
        if (ofChanges)
        {
            // A restart does not repeat what was said.
            for (var start = 0; start < 2; start++)
            {
                await using var engine = await EngineAsync(definition, database: await OpenAsync());
                await PassAsync(engine, 60 * Minute);
            }
        }

        Assert.That(string.Join(',', Notices.Select(notice => notice.IsRecovered ? "recovered" : "failed")), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_run_knows_who_cancelled_it()
    {
        var (entered, ended) = (new TaskCompletionSource(), new TaskCompletionSource<string?>());
        await using var engine = await EngineAsync(Hourly(async (job, stop) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.SetResult(job.Cancelled);
            stop.ThrowIfCancellationRequested();
        }));
        Time.Advance(60 * Minute);
        await engine.TickAsync();
        await entered.Task;
        await engine.Control.CancelAsync(await JobAsync(engine), "user:1", address: null);
        await PassAsync(engine, TimeSpan.FromSeconds(10));
        Assert.That(await ended.Task.WaitAsync(Eventually.Deadline), Is.EqualTo("cancelled by user:1"));
    }

    [Test]
    public async Task A_run_that_the_engine_ends_was_not_cancelled()
    {
        var (entered, ended) = (new TaskCompletionSource(), new TaskCompletionSource<string?>());
        await using (var engine = await EngineAsync(Hourly(async (job, stop) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.SetResult(job.Cancelled);
            stop.ThrowIfCancellationRequested();
        })))
        {
            Time.Advance(60 * Minute);
            await engine.TickAsync();
            await entered.Task;
        }

        Assert.That(await ended.Task.WaitAsync(Eventually.Deadline), Is.Null);
    }
}
