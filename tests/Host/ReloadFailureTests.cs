using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Host.Composition;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting;

/// <summary>Reloads that fail, or that meet another change of the engine.</summary>
public sealed class ReloadFailureTests
{
    static readonly CampaignConfig s_uncompilable = InProcessEngine.Answering("begin_checkout", "{{ cart_id");

    [Test]
    public async Task A_reload_whose_campaigns_cannot_be_compiled_changes_nothing()
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync(config => config.Sinks["kept"] = FileSink(scratch.PathOf("kept.ndjson")));
        var (config, model, sinks, options) = (engine.Host.Config, engine.Host.Model, engine.Host.Sinks.Runners, engine.Host.JourneyOptions);

        Assert.That(() => engine.Reload(next =>
        {
            next.Decisions.Campaigns.Add(s_uncompilable);
            next.Stores.Add(new StoreConfig { Id = "late", Keys = [InProcessEngine.Key("sk_late_0123456789abcdef", Engine.ControlPlane.Keys.KeyKind.Secret)] });
            next.Scoring.Model = TestModelCopy(scratch);
            next.Sinks["more"] = FileSink(scratch.PathOf("more.ndjson"));
            next.Limits.Batch = 7;
        }), Throws.Exception);

        Assert.That((engine.Host.Config, engine.Host.Model, engine.Host.Sinks.Runners, engine.Host.JourneyOptions), Is.EqualTo((config, model, sinks, options)));
        Assert.That((engine.Host.Stores.FindStore("late"), engine.Host.Ingest.MaxBatch), Is.EqualTo(((object?)null, config.Limits.Batch)));
        engine.Reload(next => next.Limits.Batch = 8);
        Assert.That(engine.Host.Ingest.MaxBatch, Is.EqualTo(8), "the next one applies");
    }

    [Test]
    public async Task The_sinks_of_a_failed_reload_leave_no_metrics()
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync();

        Assert.That(() => engine.Reload(next =>
        {
            next.Sinks["good"] = FileSink(scratch.PathOf("good.ndjson"));
            next.Sinks["bad"] = new SinkConfig { Type = "webhook" };
        }), Throws.Exception);

        Assert.That(await engine.Http.GetStringAsync("/metrics"), Does.Not.Contain("\"good\""));
        engine.Reload(next => next.Sinks["good"] = FileSink(scratch.PathOf("good.ndjson")));
        Assert.That(await engine.Http.GetStringAsync("/metrics"), Does.Contain("cartrecovery_sink_write_seconds_count{sink=\"good\"} 0"));
        engine.Reload(_ => { });
        Assert.That(await engine.Http.GetStringAsync("/metrics"), Does.Not.Match("cartrecovery_(sink_(write_seconds|stopped|circuit_open)|queue_depth).*good"),
            "a removed sink");
    }

    [Test]
    public async Task A_loader_that_throws_is_reported_and_does_not_end_reloads()
    {
        await using var engine = await InProcessEngine.StartAsync();
        var isBroken = true;
        engine.Watch(next => next.Limits.Batch = 9, () =>
        {
            if (isBroken)
            {
                throw new InvalidOperationException("the factory is broken");
            }
        });

        engine.Host.RequestReload();
        await Eventually.Is(() => engine.Host.ReloadProblem == "the factory is broken", "it is reported");
        isBroken = false;
        engine.Host.RequestReload();

        await Eventually.Is(() => engine.Host.ReloadProblem is null, () => $"the next reload applies, not: {engine.Host.ReloadProblem}");
        Assert.That(engine.Host.Ingest.MaxBatch, Is.EqualTo(9));
    }

    [Test]
    public async Task A_reload_is_applied_though_what_runs_cannot_be_written_down()
    {
        await using var engine = await InProcessEngine.StartAsync();
        var loads = 0;
        engine.Watch(next => next.Limits.Batch = 9, () => Interlocked.Increment(ref loads));
        var running = Path.Combine(engine.Host.Config.Data, RunningConfig.Name);
        File.Delete(running);
        Directory.CreateDirectory(Path.Combine(running, "not empty"));

        engine.Host.RequestReload();

        await Eventually.Is(() => engine.Host.Ingest.MaxBatch == 9, "it is applied");
        engine.Host.RequestReload();
        await Eventually.Is(() => Volatile.Read(ref loads) == 2, "the first is over");
        Assert.That(engine.Host.ReloadProblem, Is.Null);
        Directory.Delete(running, recursive: true);
    }

    [Test]
    public async Task A_reload_during_the_stop_applies_nothing()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var loading = new ManualResetEventSlim();
        using var proceed = new ManualResetEventSlim();
        var before = engine.Host.Config;
        engine.Watch(next => next.Limits.Batch = 9, () =>
        {
            loading.Set();
            proceed.Wait(Eventually.Deadline);
        });

        engine.Host.RequestReload();
        loading.Wait(Eventually.Deadline);
        var stopping = engine.Host.StopAsync();
        Assert.That(stopping.IsCompleted, Is.False, "the stop waits for the reload");
        proceed.Set();
        await stopping;

        Assert.That((engine.Host.Config, engine.Host.Ingest.MaxBatch), Is.EqualTo((before, before.Limits.Batch)));
        Assert.That(Path.Combine(before.Data, RunningConfig.Name), Does.Not.Exist);
        Assert.That(() => engine.Reload(_ => { }), Throws.Exception, "nor after it");
        Assert.That(Path.Combine(before.Data, RunningConfig.Name), Does.Not.Exist);
    }

    [Test]
    public async Task Two_reloads_in_a_row_end_with_the_later_one()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var loading = new ManualResetEventSlim();
        using var proceed = new ManualResetEventSlim();
        var (batch, loads) = (8, 0);
        engine.Watch(next => next.Limits.Batch = Volatile.Read(ref batch), () =>
        {
            Interlocked.Increment(ref loads);
            loading.Set();
            proceed.Wait(Eventually.Deadline);
        });

        engine.Host.RequestReload();
        loading.Wait(Eventually.Deadline);
        engine.Host.RequestReload();
        engine.Host.RequestReload();
        Volatile.Write(ref batch, 9);
        proceed.Set();

        await Eventually.Is(() => engine.Host.Ingest.MaxBatch == 9 && loads == 2, () => $"two reloads, not {loads}");
    }

    [Test]
    public async Task A_pause_keeps_the_exchange_rates_and_every_other_key_of_the_section()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
            config.Decisions.ExchangeRates["USD"] = 1;
            config.Decisions.ExchangeRates["EUR"] = 1.25;
            config.Decisions.Window = Duration.FromHours(3);
        });

        await engine.PostAsync("/v1/campaigns/on-begin_checkout/pause", "{}");

        var campaigns = engine.Host.JourneyOptions.Campaigns;
        Assert.That(campaigns[0].IsPausedIn(1) || campaigns[0].IsPausedIn(0), "it is paused");
        Assert.That((campaigns.Rates.Factor("EUR", "USD"), campaigns.WindowMilliseconds), Is.EqualTo((1.25, (long?)3 * 3_600_000)));
        var section = engine.Host.Config.Decisions;
        var copy = engine.Host.Pauses.AddTo(section);
        foreach (var property in typeof(DecisionsConfig).GetProperties().Where(property => property.Name != nameof(DecisionsConfig.Campaigns)))
        {
            Assert.That(property.GetValue(copy), Is.EqualTo(property.GetValue(section)), property.Name);
        }
    }

    static string TestModelCopy(Scratch scratch)
    {
        var path = scratch.PathOf("other.onnx");
        File.Copy(Path.Combine(Repository.Root, "config", "models", "purchase.onnx"), path, overwrite: true);
        return path;
    }

    static SinkConfig FileSink(string path)
    {
        var sink = new SinkConfig { Type = "file" };
        sink.SetOption("path", new OptionValue(path));
        return sink;
    }
}
