using System.Net;
using CartRecovery.Engine.Configuration.Learning;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Models;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Learning;

/// <summary>The job that trains models, on a running engine whose clock is moved.</summary>
public sealed class RetrainJobTests
{
    JumpingTime _time = null!;
    InProcessEngine _engine = null!;
    int _sent;

    [SetUp]
    public async Task StartAsync()
    {
        _time = new JumpingTime();
        _engine = await InProcessEngine.StartAsync(config => config.Learning.Promote = PromotionLimit.Champion, _time);
    }

    [TearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task A_shop_whose_shoppers_differ_from_those_of_the_configured_model_gets_a_model_of_its_own_that_goes_from_shadow_to_canary()
    {
        await DaysAsync(8);
        var (served, registry) = (_engine.Host.ServedVersion, _engine.Host.ModelRegistry);
        var run = await RunAsync("retrain");
        Assert.That(run.Outcome, Is.EqualTo("succeeded"), $"{run.Problem}\n{run.Log}");

        var shadow = registry.Find(_engine.Host.ModelName, "shadow-trained");
        Assert.That(shadow, Is.Not.Null, run.Log);
        Assert.That(shadow!.Found!.Source, Is.EqualTo("training"));
        Assert.That(shadow.Found.Parent, Is.EqualTo(served));
        Assert.That(shadow.Found.Metrics!["auc"], Is.GreaterThan(0.8).And.GreaterThan(shadow.Found.Metrics["champion_auc"]));
        Assert.That(shadow.Found.Metrics["log_loss"], Is.LessThan(shadow.Found.Metrics["champion_log_loss"]));
        Assert.That(_engine.Host.ServedVersion, Is.EqualTo(served), "a shadow decides nothing");
        Assert.That(run.Log, Does.Contain("better").And.Contain("held out"));
        var training = (await _engine.GetAsync("/v1/learning/trainings?limit=1")).Json.GetProperty("items")[0];
        Assert.That((training.GetProperty("accepted").GetBoolean(), training.GetProperty("version").GetString()), Is.EqualTo((true, shadow.Id)));
        Assert.That(await CountAsync("cartrecovery_model_trainings_total", "accepted"), Is.EqualTo(1));

        Assert.That((await RunAsync("shadow-evaluation")).Log, Does.Contain("waits on 0 rows (none)"), "no outcome is known yet");
        await DaysAsync(4);
        var evaluated = await RunAsync("shadow-evaluation");
        Assert.That(evaluated.Outcome, Is.EqualTo("succeeded"), evaluated.Problem);
        var evaluation = (await _engine.GetAsync("/v1/learning/evaluations")).Json.GetProperty("items")[0].GetProperty("evaluations")[0];
        Assert.That((evaluation.GetProperty("verdict").GetString(), evaluation.GetProperty("action").GetString()), Is.EqualTo(("holds", "canary")), evaluation.GetRawText());
        Assert.That(evaluation.GetProperty("all").GetProperty("gainLow").GetDouble(), Is.Positive);
        Assert.That(evaluation.GetProperty("segments").EnumerateArray().Select(segment => segment.GetProperty("name").GetString()), Does.Contain("filled cart"));
        var canary = _engine.Host.ServingSettings.Canary!;
        Assert.That((canary.Version, canary.IsAutomatic, canary.Percent, canary.By), Is.EqualTo((shadow.Id, true, 1, "engine")));
        Assert.That(canary.ScoreShift, Is.GreaterThan(0.25), "scores of another model are no reason to roll it back");
        Assert.That(registry.Find(_engine.Host.ModelName, "shadow-trained"), Is.Null);
        Assert.That(await CountAsync("cartrecovery_model_shadow_evaluations_total", "holds"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_trained_shadow_that_is_worse_on_outcomes_is_withdrawn_and_a_persons_shadow_is_not()
    {
        var (name, contrary) = (_engine.Host.ModelName, Contrary());
        var version = _engine.Host.ModelRegistry.Add(new NewModel(contrary) { Name = name }, "test").Version;
        _engine.Host.SetShadow("shadow-trained", version, 0.1, "engine", "");
        _engine.Host.SetShadow("shadow", version, 0.1, "somebody", "");
        await DaysAsync(4);
        var run = await RunAsync("shadow-evaluation");

        Assert.That(run.Log, Does.Contain("worse").And.Contain("(withdrawn)"), run.Problem);
        Assert.That(_engine.Host.ModelRegistry.Aliases(name).Select(alias => alias.Name), Does.Contain("shadow").And.Not.Contain("shadow-trained"));
        Assert.That(_engine.Host.ServingSettings.Canary, Is.Null);
    }

    [Test]
    public async Task With_too_little_data_the_configured_model_stays_and_drift_asks_again_after_the_cooldown_unless_the_job_is_paused()
    {
        await ShopAsync(carts: 20);
        _time.Jump(TimeSpan.FromDays(2));
        var run = await RunAsync("retrain");

        Assert.That(run.Outcome, Is.EqualTo("succeeded"), run.Problem);
        Assert.That(run.Log, Does.Contain("refused, too_little_data: There are"));
        Assert.That(_engine.Host.ModelRegistry.Find(_engine.Host.ModelName, "shadow-trained"), Is.Null);

        var retraining = _engine.Host.Retraining;
        Assert.That(await retraining.RequestAsync(_time.GetUtcNow(), default), Does.Contain("(learning.cooldown)"));
        var jobs = _engine.Host.Jobs.Control;
        await jobs.ChangeAsync((await jobs.FindAsync("retrain"))!, "job.pause", own => own with { Paused = true }, "test", address: null);
        var later = _time.GetUtcNow() + TimeSpan.FromDays(4);
        Assert.That(await retraining.RequestAsync(later, default), Does.Contain("is paused"));
        await jobs.ChangeAsync((await jobs.FindAsync("retrain"))!, "job.resume", own => own with { Paused = null }, "test", address: null);
        Assert.That(await retraining.RequestAsync(later, default), Is.EqualTo("asked for the job retrain"));
    }

    async Task DaysAsync(int days)
    {
        for (var day = 0; day < days; day++)
        {
            await ShopAsync(carts: 60);
            _time.Jump(TimeSpan.FromDays(1));
        }

        _time.Jump(TimeSpan.FromHours(1));
    }

    // Of dear carts it says that they are bought.
    internal static byte[] Contrary()
    {
        string[] features = ["last_seen_price"];
        var random = new SeededRandom(3);
        float[] rows = [.. Enumerable.Range(0, 400).Select(_ => (float)random.Below(500))];
        var set = new TrainingSet(features, rows, [.. rows.Select(price => price > 100 ? (byte)1 : (byte)0)], [.. Enumerable.Range(0, 400)], new long[400]);
        return new FittedModel(BoostedTrees.Fit(set, new BoostedTreesOptions { Count = 30, LearningRate = 0.3 }, 1), features, new float[1], null!).ToOnnx("purchase", "9");
    }

    async Task<double> CountAsync(string metric, string label) =>
        (await _engine.Host.Metrics.Registry.ReadAsync()).Families[metric].Samples.Single(sample => $"{sample.Labels.Single().Value}" == label).Value;

    // Of ten cheap carts nine are bought, of others one; views and additions say nothing.
    async Task ShopAsync(int carts)
    {
        var random = new SeededRandom((ulong)_sent + 1);
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var events = new List<string>();
        for (var i = 0; i < carts; i++, _sent++)
        {
            var isCheap = random.Below(2) == 0;
            var price = isCheap ? 5 + random.Below(20) : 200 + random.Below(300);
            var of = $"\"cartId\":\"c{_sent}\",\"userId\":\"u{_sent}\",\"productId\":\"p{random.Below(9)}\",\"price\":{price},\"currency\":\"USD\"";
            var at = now - 60_000 + random.Below(20_000);
            events.Add($$"""{"id":"a{{_sent}}","type":"view_item","ts":{{at}},{{of}}}""");
            events.Add($$"""{"id":"b{{_sent}}","type":"view_item","ts":{{at + 2000 + random.Below(9000)}},{{of}}}""");
            events.Add($$"""{"id":"c{{_sent}}","type":"add_to_cart","ts":{{at + 12_000 + random.Below(9000)}},"quantity":1,{{of}}}""");
            if (random.Below(10) < (isCheap ? 9 : 1))
            {
                events.Add($$"""{"id":"d{{_sent}}","type":"purchase","ts":{{at + 30_000}},"quantity":1,{{of}}}""");
            }
        }

        var sent = await _engine.PostAsync("/v1/events", $"[{string.Join(',', events)}]", InProcessEngine.Secret);
        Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Accepted), sent.Body);
    }

    async Task<JobRun> RunAsync(string name)
    {
        var jobs = _engine.Host.Jobs.Control;
        var id = await jobs.StartAsync((await jobs.FindAsync(name))!, "cli", address: null);
        JobRun? run = null;
        await Eventually.Is(() => (run = jobs.RunAsync(name, id).GetAwaiter().GetResult()) is not { Outcome: JobOutcome.Waiting or JobOutcome.Running }, "it runs");
        return run!;
    }
}
