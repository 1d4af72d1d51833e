using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Ingest.DeadLetters;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace CartRecovery.Tests.Security;

/// <summary>A key that stands in every page fills neither the disk nor the place of others' dead letters.</summary>
[TestFixture]
sealed class DeadLetterFloodTests
{
    const string Other = "sk_other";

    [Test]
    public async Task A_flood_with_a_publishable_key_costs_no_other_store_a_letter()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key(Other, KeyKind.Secret)] });
            config.Stores[0].Keys.Add(InProcessEngine.Key("pk_second", KeyKind.Publishable));
            config.DeadLetters.Size = ByteSize.FromKilobytes(256);
            config.DeadLetters.Rate = TokenRate.Unlimited;
        });
        await engine.PostAsync("/v1/events", "{\"id\":\"of-other\"}", Other);
        await engine.PostAsync("/v1/events", "{\"id\":\"of-another-page\"}", "pk_second");
        await engine.PostAsync("/v1/events", "{\"id\":\"of-a-server\"}");
        await Eventually.Is(() => engine.Host.DeadLetters.Count(DeadLetterState.Waiting) == 3, "all letters are kept");
        for (var i = 0; i < 20; i++)
        {
            await engine.PostAsync("/v1/events", $"[{string.Join(',', Enumerable.Repeat("00", 1))}]", InProcessEngine.Publishable);
            await engine.PostAsync("/v1/events", $"[{string.Join(',', Enumerable.Repeat("0", 400))}]", InProcessEngine.Publishable);
            // A batch must fit into what is kept, which is little here.
            await Eventually.Is(() => engine.Host.DeadLetterQueue.Depth == 0, "the letters are written");
        }

        await Eventually.Is(() => engine.Host.DeadLetters.Count(DeadLetterState.Waiting) < 20 * 401 && engine.Host.DeadLetters.Bytes > 128 * 1024, "the disk's share is used up");
        Assert.That(engine.Host.DeadLetters.Bytes, Is.LessThanOrEqualTo(256 * 1024));
        Assert.That((await engine.GetAsync("/v1/deadletters", Other)).Body, Does.Contain("of-other"));
        Assert.That((await engine.GetAsync("/v1/deadletters?limit=1000")).Body, Does.Contain("of-a-server"), "nor their own server's");
        Assert.That((await engine.GetAsync("/v1/deadletters?limit=1000")).Body, Does.Contain("of-another-page"), "nor another key's of the store");
    }

    [Test]
    public async Task What_repeats_is_counted_instead_of_kept()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.DeadLetters.Rate = new TokenRate(1, 10_000));
        using var flood = await StreamClient.OpenAsync(engine, StreamTransport.Tcp, InProcessEngine.Publishable);
        await flood.SendAsync($"[{string.Join(',', Enumerable.Repeat("0", 900))}]");
        await flood.UntilAckAsync(900);
        await engine.PostAsync("/v1/events", EventJson.Array(Enumerable.Repeat("0", 900)));
        await Eventually.Is(() => engine.Host.DeadLetters.Count(DeadLetterState.Waiting) >= 919, "the letters are kept");

        var kept = 10_000 / (1 + DeadLetter.Overhead);
        Assert.That(engine.Host.DeadLetters.Count(DeadLetterState.Waiting), Is.EqualTo(kept + 900), "all of the secret key's");
        Assert.That(engine.Host.DeadLetterQueue.SampledOut(EventErrorCode.InvalidEvent), Is.EqualTo(900 - kept));
        Assert.That(await engine.Http.GetStringAsync("/metrics"), Does.Contain($"cartrecovery_deadletters_sampled_total{{code=\"invalid_event\"}} {900 - kept}\n"));
    }

    [Test]
    public void The_next_letter_tells_how_many_were_not_kept()
    {
        using var sampler = new DeadLetterSampler(new Rate(1000, 100));
        Assert.That(sampler.TryKeep(1, 7, EventErrorCode.WrongType, 100, out var before), Is.True);
        Assert.That(sampler.TryKeep(2, 7, EventErrorCode.WrongType, 100, out _), Is.True, "another store's");
        Assert.That(sampler.TryKeep(1, 7, EventErrorCode.MissingField, 100, out _), Is.True, "another reason");
        Assert.That(sampler.TryKeep(1, 8, EventErrorCode.WrongType, 100, out _), Is.True, "another key's");
        var (refused, after) = (0, 0L);
        while (!sampler.TryKeep(1, 7, EventErrorCode.WrongType, 100, out after))
        {
            refused++;
        }

        Assert.That((before, after, sampler.Skipped(EventErrorCode.WrongType)), Is.EqualTo((0, refused, refused)));
        Assert.That(refused, Is.Positive);
    }

    [Test]
    public void A_count_of_letters_not_kept_is_stored_and_shown()
    {
        using var folder = new DeadLetterFolder();
        using var store = new DeadLetterStore(folder.Path, DeadLetterSamples.Bounds, TimeProvider.System);
        store.Append([DeadLetterSamples.Of("one", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()) with { Skipped = 17 }]);

        Assert.That(store.Read().Single().Skipped, Is.EqualTo(17));
    }

    [Test]
    public async Task Browsers_letters_leave_room_in_the_queue()
    {
        using var folder = new DeadLetterFolder();
        using var store = new DeadLetterStore(folder.Path, DeadLetterSamples.Bounds, TimeProvider.System);
        var queue = new DeadLetterQueue(store, TimeProvider.System, NullLogger.Instance);
        var bytes = new byte[32 * 1024];
        for (var i = 0; i < 1000; i++)
        {
            queue.Add(new EventProblem(EventErrorCode.WrongType, "no"), bytes, isTruncated: false, EventReading.Now, EventReading.Rules(verified: false), "tcp", 1);
        }

        var dropped = queue.Dropped;
        queue.Add(new EventProblem(EventErrorCode.WrongType, "no"), bytes, isTruncated: false, EventReading.Now, EventReading.Rules(verified: true), "tcp", 1);
        Assert.That((dropped > 800, queue.Dropped), Is.EqualTo((true, dropped)));
        queue.Start();
        await queue.StopAsync();
        Assert.That(store.Read().Last().FromServer, Is.True);
    }

    [Test]
    public void Letters_of_several_stores_are_read_in_order_and_by_store()
    {
        using var folder = new DeadLetterFolder();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using (var store = new DeadLetterStore(folder.Path, new DeadLetterBounds(1 << 20, TimeSpan.FromDays(1)), TimeProvider.System))
        {
            for (var i = 0; i < 60; i++)
            {
                store.Append([Letter(i)]);
                store.Sync();
            }
        }

        using var again = new DeadLetterStore(folder.Path, new DeadLetterBounds(1 << 20, TimeSpan.FromDays(1)), TimeProvider.System);
        Assert.That(folder.Segments, Has.Length.EqualTo(3));
        Assert.That(again.Read().Select(l => l.Id), Is.EqualTo(Enumerable.Range(1, 60)));
        Assert.That(again.Read(10, "s1").Select(l => l.Id), Is.EqualTo(Enumerable.Range(11, 50).Where(id => (id - 1) % 3 == 1)));
        again.Append([Letter(60)]);
        Assert.That(DeadLetterFiles.Read(folder.Path, 59).Select(l => l.Id), Is.EqualTo(new[] { 60, 61 }));

        DeadLetter Letter(int i) => DeadLetterSamples.Of($"event {i}", now) with { Store = $"s{i % 3}" };
    }

    [Test]
    public void Letters_of_an_earlier_version_stay()
    {
        using var folder = new DeadLetterFolder();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Directory.CreateDirectory(folder.Path);
        var lines = new System.Buffers.ArrayBufferWriter<byte>();
        DeadLetterLine.Write(lines, 1, DeadLetterSamples.Of("one", now));
        DeadLetterLine.Write(lines, 2, DeadLetterSamples.Of("two", now) with { Store = "other" });
        File.WriteAllBytes(Path.Combine(folder.Path, "0000000000000001.ndjson"), lines.WrittenSpan.ToArray());

        using var store = new DeadLetterStore(folder.Path, DeadLetterSamples.Bounds, TimeProvider.System);
        store.Append([DeadLetterSamples.Of("three", now)]);
        Assert.That(store.Read().Select(l => (l.Id, l.TextOf())), Is.EqualTo(new[] { (1L, "one"), (2L, "two"), (3L, "three") }));
        Assert.That(store.Read(0, "other").Where(l => l.Store == "other").Select(l => l.Id), Is.EqualTo(new[] { 2 }));
        Assert.That(store.Count(DeadLetterState.Waiting), Is.EqualTo(3));
    }
}
