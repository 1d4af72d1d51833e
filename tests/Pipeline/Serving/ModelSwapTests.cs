using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Scoring;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline.Serving;

/// <summary>Models are exchanged while workers score.</summary>
public sealed class ModelSwapTests
{
    const int Swaps = 50, Partitions = 3, EventsAMessage = 50;

    [Test]
    public async Task Fifty_swaps_under_load_fail_no_score_and_release_every_model()
    {
        string[] paths = [.. Enumerable.Range(0, 4).Select(i => TestModels.Write(TestModels.Constant(0.2f + (0.1f * i), $"v{i}")))];
        CampaignConfig[] campaigns = [TestStages.OnScore("all", above: 0.1)];
        var models = new List<ServedModel> { Load(0) };
        var options = TestStages.Options(campaigns, serving: new ServingPlan(models[0]));
        options.Campaigns = CampaignsOf(models[0]);
        using var set = new PartitionSet(Partitions, options, TimeProvider.System, TimeSpan.Zero);
        var cursors = Enumerable.Range(0, Partitions).Select(i => set[i].Tail.Open("test", null, EntryKind.Decisions)).ToArray();
        set.Start();
        using var stop = new CancellationTokenSource();
        var sent = Task.Run(() => SendAsync(set, stop.Token));

        var decisions = new List<Decision>();
        for (var swap = 1; swap <= Swaps; swap++)
        {
            var next = Load(swap);
            models.Add(next);
            options.Campaigns = CampaignsOf(next);

            // Before every partition has taken the new one: it takes the one after it instead.
            models[^2].Model.Dispose();
            await Eventually.Is(() => { Read(); return models[swap].Traffic.Rows > 0; }, $"model {swap} scores");
        }

        await stop.CancelAsync();
        var events = await sent;
        await set.FlushAsync(default).WaitAsync(Eventually.Deadline);
        Read();
        set.Stop();
        Assert.That(Enumerable.Range(0, Partitions).Select(i => set[i].Fault), Is.All.Null);
        Assert.That(models.Sum(model => model.Traffic.Rows), Is.EqualTo(events));
        Assert.That(decisions, Has.Count.EqualTo(events));
        foreach (var decision in decisions)
        {
            var version = decision.Intervention.Reasons.ModelVersion;
            Assert.That(decision.Intervention.Reasons.Score, Is.EqualTo(0.2 + (0.1 * (version[^1] - '0'))).Within(1e-6), version);
        }

        models[^1].Model.Dispose();

        ServedModel Load(int number) => new(OnnxModel.Load(paths[number % paths.Length], FeatureTable.Names), ServingPlan.ChampionAlias);
        CampaignSet CampaignsOf(ServedModel model) => CampaignCompilerOf(campaigns, new ServingPlan(model));
        void Read()
        {
            foreach (var cursor in cursors)
            {
                while (cursor.TryRead(out var entry))
                {
                    decisions.AddRange(EntryPayload.ReadDecisions(entry.Payload));
                }
            }
        }
    }

    static CampaignSet CampaignCompilerOf(CampaignConfig[] campaigns, ServingPlan plan) =>
        Engine.Configuration.Campaigns.CampaignCompiler.Compile(new DecisionsConfig { Campaigns = [.. campaigns] }, serving: plan);

    // Each event is a new cart's, so that each is decided on.
    static async Task<int> SendAsync(PartitionSet set, CancellationToken stop)
    {
        var source = new RecordingSource();
        var router = new EventRouter(set, EventReading.AnyTime(), 2500, Protocol.Tcp, new IngestCounters(), source, source);
        source.WhenProcessed = router.Progress.Complete;
        var sent = 0;
        while (!stop.IsCancellationRequested)
        {
            router.BeginRead();
            for (var i = 0; i < EventsAMessage; i++, sent++)
            {
                router.RouteJson((Add("p1", 20) with { Id = $"e{sent}", Cart = $"cart {sent}" }).ToUtf8());
            }

            await router.SubmitAsync(CancellationToken.None);

            // Bounds the decisions that nobody has read yet.
            await Eventually.Is(() => sent - router.Progress.UpTo < 5000, "events are processed");
        }

        return sent;
    }
}
