using System.Net;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting;

/// <summary>A journeys' database that somebody else has locked costs journeys time, and nothing else.</summary>
[TestFixture]
[Parallelizable]
sealed class LockedDatabaseTests
{
    [Test]
    public async Task Events_are_acknowledged_while_the_database_is_locked_and_interventions_follow()
    {
        await using var engine = await StartAsync();
        using var client = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
        using (var holder = Lock(engine.Host.JourneyEngine.Store.Database.Path))
        {
            for (var n = 1; n <= 50; n++)
            {
                await client.SendAsync(EventJson.Of($"cart {n}", "begin_checkout"));
                Assert.That((await client.UntilAckAsync(n)).Where(said => said.Type == "intervention"), Is.Empty);
            }

            await Eventually.Is(() => engine.Host.Journeys.Problem is not null, "the journeys cannot store anything");
            var health = await engine.GetAsync("/health", key: null);
            Assert.That((health.Status, health.Json.GetProperty("status").GetString()), Is.EqualTo((HttpStatusCode.OK, "degraded")));
            Assert.That(health.Json.GetProperty("parts").GetProperty("outreach").GetProperty("detail").GetString(), Does.Contain("locked"));
            Assert.That(await engine.EventsOfAsync("cart 50"), Is.EqualTo(1));
        }

        await client.SendAsync(EventJson.Of("cart 51"));
        var heard = await client.UntilAnsweredAsync(51, interventions: 50);
        Assert.That(heard.Where(said => said.Type == "intervention").Select(said => said.Json).Distinct().Count(), Is.EqualTo(50));
        await Eventually.Is(() => engine.Host.Journeys is { Problem: null, Lag: 0, Lost: 0 }, "the journeys have caught up");
    }

    [Test]
    public async Task A_stop_while_the_database_is_locked_ends_and_the_next_start_continues()
    {
        var folder = Directory.CreateTempSubdirectory("cartrecovery-locked-").FullName;
        try
        {
            Database holder;
            await using (var engine = await StartAsync(folder))
            {
                holder = Lock(engine.Host.JourneyEngine.Store.Database.Path);
                using var client = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
                await client.SendAsync(EventJson.Of("waiting", "begin_checkout"));
                await client.UntilAckAsync(1);
                await engine.Host.StopAsync().WaitAsync(Eventually.Deadline);
                Assert.That(engine.Host.Fault, Is.Null);
            }

            holder.Dispose();
            await using var next = await StartAsync(folder);
            await Eventually.Is(() => next.Host.JourneyEngine.Counters.Decisions == 1, "the decision is read from the journal");
            Assert.That(await next.EventsOfAsync("waiting"), Is.EqualTo(1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static Task<InProcessEngine> StartAsync(string? folder = null) => InProcessEngine.StartAsync(config =>
    {
        config.Data = folder ?? config.Data;
        config.Partitions = 2;
        config.Log.Level = Engine.Configuration.LogThreshold.Error;
        config.Decisions.Window = Duration.FromMilliseconds(0);
        config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
    });

    static Database Lock(string path)
    {
        var database = new Database(path);
        database.Execute("BEGIN IMMEDIATE");
        return database;
    }
}
