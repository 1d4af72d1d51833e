using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using CartRecovery.Engine.Journal;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Damage from which an engine goes on, without losing an acknowledged event.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
sealed class FaultRecoveryTests : FaultFixture
{
    [Test]
    public async Task A_torn_tail_is_truncated_with_a_warning()
    {
        await LeaveAsync(killed: true, ("kept", 100), ("torn", 1));
        var newest = Data.Segments()[^1];
        var used = DataFiles.UsedBytes(newest);

        // The cut stands for a write that a power loss left incomplete: it was never marked as durable.
        File.Delete(Path.Combine(Path.GetDirectoryName(newest)!, FileJournalDevice.MarkName));
        using (var file = File.Open(newest, FileMode.Open))
        {
            file.SetLength(used - 10);
        }

        await using var engine = await RunningEngine.StartAsync(Scratch, Config);

        // The truncation may have removed only the last commit's mark; then its event survives.
        Assert.That(await CountAsync(engine, "kept"), Is.EqualTo(100));
        Assert.That(await CountAsync(engine, "torn"), Is.AtMost(1));
        AssertWarned(engine, "partition 0", "bytes");
        await AssertGoesOnAsync(engine, "kept", 100);
    }

    [Test]
    public async Task Garbage_after_the_tail_is_truncated_with_a_warning()
    {
        await LeaveAsync(killed: true, ("kept", 100));
        var newest = Data.Segments()[^1];
        var used = DataFiles.UsedBytes(newest);
        using (var file = File.Open(newest, FileMode.Open))
        {
            file.Position = used;
            file.Write(RandomNumberGenerator.GetBytes(300));
        }

        await using var engine = await RunningEngine.StartAsync(Scratch, Config);

        Assert.That(await CountAsync(engine, "kept"), Is.EqualTo(100));
        AssertWarned(engine, "partition 0", "bytes");
        await AssertGoesOnAsync(engine, "kept", 100);
    }

    [Test]
    public async Task A_damaged_checkpoint_is_replaced_by_the_previous_with_a_warning()
    {
        var often = Config with { Durability = Config.Durability.Replace("1h", "200ms", StringComparison.Ordinal) };
        await using (var first = await RunningEngine.StartAsync(Scratch, often))
        {
            // Several checkpoints, each with new events.
            await using var stream = await EventStream.LinesAsync(first.StreamEndPoint);
            await Eventually.Is(() =>
            {
                stream.SendAsync(Event($"early{Events % 5}")).GetAwaiter().GetResult();
                return Data.Checkpoints().Count >= 2;
            }, () => $"there are two checkpoints\n{first.Log}");
            await stream.AckedAsync(Events);
            await SendAsync(first, "late", 10);
            await first.StopAsync();
        }

        var sent = Events;
        var newest = Data.Checkpoints()[^1];
        var largest = Directory.GetFiles(newest, "*", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length)!;
        DataFiles.Damage(largest, new FileInfo(largest).Length / 2, 1);

        await using var engine = await RunningEngine.StartAsync(Scratch, often);

        var counts = new List<int>();
        for (var cart = 0; cart < 5; cart++)
        {
            counts.Add(await CountAsync(engine, $"early{cart}"));
        }

        Assert.That(counts.Sum() + await CountAsync(engine, "late"), Is.EqualTo(sent));
        AssertWarned(engine, "checkpoint", Path.GetFileName(newest));
        await AssertGoesOnAsync(engine, "late", 10);
    }

    [Test]
    public async Task A_full_disk_sheds_load_and_recovers_without_loss()
    {
        Directory.CreateDirectory(Folder);
        await using var mounted = await MountedFolder.MountAsync(Folder, "size=128m");
        var config = Config with { Data = Folder };
        HashSet<long> refused;
        var sent = 0;
        await using (var engine = await RunningEngine.StartAsync(Scratch, config, mounted.Through))
        {
            await SendAsync(engine, "before", 100);
            mounted.Fill("filler");

            // One event per cart, so that each cart shows whether its event survived.
            await using var stream = await EventStream.LinesAsync(engine.StreamEndPoint);
            await Eventually.Is(() =>
            {
                // A slow engine may have read so many before its disk is full; it refuses what it reads afterwards.
                var isFull = sent - stream.Acked >= 1000 && Status(engine).GetAwaiter().GetResult() == "degraded";
                for (var i = 0; i < 20 && (sent - stream.Acked < 1000 || isFull); i++)
                {
                    stream.SendAsync(Event($"full{sent++}")).GetAwaiter().GetResult();
                }

                return stream.Refused.Count > 0;
            }, () => $"the full disk is reported; {sent} events were sent\n{engine.Log}");
            Assert.That(stream.Refused.Select(one => one.Code), Is.All.EqualTo("overloaded"));
            await AssertShedsAsync(engine);

            File.Delete(Path.Combine(mounted.Outside, "filler"));

            await Eventually.Is(() => Status(engine).GetAwaiter().GetResult() == "ok", "the engine is healthy again");
            await stream.AckedAsync(sent);
            refused = [.. stream.Refused.Select(one => one.Index)];
            await SendAsync(engine, "after", 100);
            await engine.StopAsync();
        }

        await using var second = await RunningEngine.StartAsync(Scratch, config, mounted.Through);
        Assert.That(await CountAsync(second, "before"), Is.EqualTo(100));
        Assert.That(await CountAsync(second, "after"), Is.EqualTo(100));
        for (var i = 0; i < sent; i++)
        {
            Assert.That(await CountAsync(second, $"full{i}"), Is.EqualTo(refused.Contains(i) ? 0 : 1), $"event {i}, refused: {refused.Contains(i)}");
        }

        await second.StopAsync();
    }

    async Task AssertShedsAsync(RunningEngine engine)
    {
        using var body = new StringContent(Event("shed"));
        using var answer = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("\"code\":\"overloaded\""));

        using var health = JsonDocument.Parse(await (await engine.Http.GetAsync("/health")).Content.ReadAsStringAsync());
        Assert.That(health.RootElement.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        var ailing = health.RootElement.GetProperty("parts").EnumerateObject().Where(part => part.Value.GetProperty("status").GetString() != "ok");
        Assert.That(ailing.Select(part => $"{part.Name}: {part.Value.GetProperty("detail").GetString()}"),
            Has.Exactly(1).Items.And.All.Contains("journal").And.All.Contains("space"));
    }

    static async Task<string?> Status(RunningEngine engine)
    {
        using var answer = await engine.Http.GetAsync("/health");
        using var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return health.RootElement.GetProperty("status").GetString();
    }

    // A successful start is not enough: new events must survive the next crash.
    async Task AssertGoesOnAsync(RunningEngine engine, string cart, int count)
    {
        await SendAsync(engine, cart, 10);
        await engine.KillAsync();
        await using var next = await RunningEngine.StartAsync(Scratch, Config);
        Assert.That(await CountAsync(next, cart), Is.EqualTo(count + 10));
    }

    static void AssertWarned(RunningEngine engine, params string[] words)
    {
        var warnings = engine.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains("\"level\":\"warning\"", StringComparison.Ordinal))
            .Select(MessageOf);
        Assert.That(warnings, Has.Some.Matches<string>(message => words.All(word => message!.Contains(word, StringComparison.OrdinalIgnoreCase))),
            () => $"a warning with {string.Join(", ", words)}\n{engine.Log}");
    }
}
