using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Keeps, lists, shows, repairs, replays and drops invalid events of every transport from the command line.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class DeadLettersCommandTests
{
    static string Bad(string id) => $$"""{"id":"{{id}}","type":"add_to_cart","cart_id":"c1","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}},"price":"5","productId":"p1"}""";

    [Test]
    public async Task Invalid_events_are_repaired_and_replayed_once()
    {
        using var scratch = new Scratch();
        var config = new EngineConfig { Http = $"127.0.0.1:{FreePort()}" };
        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            await using var socket = await EventStream.WebSocketAsync(engine.Stream, EngineConfig.SecretKey);
            await using var lines = await EventStream.LinesAsync(engine.StreamEndPoint);
            await socket.SendAsync(Bad("ws"));
            await socket.AckedAsync(1);
            await lines.SendAsync($"[{Bad("tcp")},not json]");
            await lines.AckedAsync(2);
            using var content = new StringContent(Bad("http"));
            using var refused = await engine.Http.PostAsync("/v1/events", content);
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            // Stopped immediately: rejected events are on disk nevertheless.
            await engine.StopAsync();
        }

        var list = await RunAsync(scratch, 0, "list", "--json");
        var letters = list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse).ToArray();
        Assert.That(letters.Select(l => l.GetProperty("protocol").GetString()), Is.EquivalentTo(new[] { "websocket", "tcp", "tcp", "http" }));
        var ids = letters.Where(l => l.GetProperty("code").GetString() == "wrong_type").Select(l => $"{l.GetProperty("id").GetInt64()}").ToArray();
        var broken = $"{letters.Single(l => l.GetProperty("code").GetString() == "invalid_json").GetProperty("id").GetInt64()}";
        Assert.That(ids, Has.Length.EqualTo(3));

        var table = await RunAsync(scratch, 0, "list");
        Assert.That(table.Output, Does.Match("^ *ID  AGE +STORE  CODE +MESSAGE +EVENT\n"));
        Assert.That(table.Output, Does.Match($@"(?m)^ *{broken}  \d+[sm] +shop +invalid_json .*not json\]$"));
        var shown = await RunAsync(scratch, 0, "show", ids[0]);
        Assert.That(shown.Output, Does.Contain("wrong_type: 'price' must be a number").And.Contain("\"price\":\"5\""));
        var repair = await RunAsync(scratch, 0, ["repair", .. ids]);
        Assert.That(repair.Output, Does.Contain("-   \"cart_id\":\"c1\"\n+   \"cartId\":\"c1\"\n").And.Contain("-   \"price\":\"5\"\n+   \"price\":5\n"));
        var hopeless = await RunAsync(scratch, 1, "repair", broken);
        Assert.That(hopeless.Output, Does.Contain("not repairable: invalid_json"));
        var alone = await RunAsync(scratch, 1, "replay", ids[0]);
        Assert.That(alone.Errors, Does.Contain("no engine answers at http://127.0.0.1:").And.Contain("cartrecovery run --config cartrecovery.yaml"));

        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            var replayed = await RunAsync(scratch, 1, "replay", "--all");
            Assert.That(replayed.Output, Does.Contain("replayed 3 of 4").And.Contain("replayed as ws").And.Contain("not repairable: invalid_json"));
            Assert.That((await engine.FeaturesAsync("c1"))["event_count"], Is.EqualTo(3));
            Assert.That((await engine.FeaturesAsync("c1"))["cart_value"], Is.EqualTo(15));

            var again = await RunAsync(scratch, 0, ["replay", .. ids]);
            Assert.That(again.Output, Does.Contain("replayed 0 of 3").And.Contain("skipped"));
            Assert.That((await engine.FeaturesAsync("c1"))["event_count"], Is.EqualTo(3));

            scratch.Write("good.json", Bad("given").Replace("cart_id", "cartId", StringComparison.Ordinal).Replace("\"5\"", "5", StringComparison.Ordinal));
            var given = await RunAsync(scratch, 0, "replay", broken, "--event", "good.json");
            Assert.That(given.Output, Does.Contain("replayed as given"));
            Assert.That((await engine.FeaturesAsync("c1"))["event_count"], Is.EqualTo(4));
            await engine.StopAsync();
        }

        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            var again = await RunAsync(scratch, 0, ["replay", .. ids]);
            Assert.That(again.Output, Does.Contain("replayed 0 of 3"));
            Assert.That((await RunAsync(scratch, 0, "list")).Output, Is.EqualTo("No dead letters are waiting.\n"));
            await engine.StopAsync();
        }
    }

    [Test]
    public async Task Dead_letters_are_dropped_with_and_without_a_running_engine()
    {
        using var scratch = new Scratch();
        var config = new EngineConfig { Http = $"127.0.0.1:{FreePort()}" };
        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            using var content = new StringContent("[1,2,{}]");
            using var refused = await engine.Http.PostAsync("/v1/events", content);
            await Eventually.Is(() => engine.GetJsonAsync("/v1/deadletters").Result.GetProperty("items").GetArrayLength() == 3, "the letters are kept");
            Assert.That((await RunAsync(scratch, 0, "drop", "1")).Output, Is.EqualTo("dropped 1\n"));
            Assert.That((await engine.GetJsonAsync("/v1/deadletters")).GetProperty("items").GetArrayLength(), Is.EqualTo(2));
            await engine.StopAsync();
        }

        Assert.That((await RunAsync(scratch, 0, "drop", "--all", "--code", "invalid_event", "--json")).Output, Is.EqualTo("{\"dropped\":1}\n"));
        Assert.That((await RunAsync(scratch, 0, "list")).Output, Does.Match(@"(?m)^ +3  \d+[sm] ").And.Not.Match("(?m)^ +2 "));
    }

    [TestCase("unknown action 'fly'", "fly")]
    [TestCase("no dead letters selected: give their numbers, or --all", "replay")]
    [TestCase("give numbers or --all, not both", "drop", "1", "--all")]
    [TestCase("'x' is not a dead letter number", "show", "x")]
    [TestCase("--event needs a single dead letter", "replay", "1", "2", "--event", "e.json")]
    [TestCase("--state: expected waiting", "list", "--state", "lost")]
    [TestCase("no store 'other'", "list", "--store", "other")]
    public async Task Invalid_options_are_usage_errors(string message, params string[] arguments)
    {
        using var scratch = new Scratch();
        new EngineConfig().WriteTo(scratch);
        Assert.That((await RunAsync(scratch, 2, arguments)).Errors, Does.Contain(message));
    }

    [Test]
    public async Task A_missing_letter_is_reported()
    {
        using var scratch = new Scratch();
        new EngineConfig().WriteTo(scratch);
        Assert.That((await RunAsync(scratch, 1, "show", "7")).Errors, Does.Contain("no dead letter 7"));
        Assert.That((await RunAsync(scratch, 0, "list")).Output, Is.EqualTo("No dead letters are waiting.\n"));
        Assert.That(Directory.Exists(scratch.PathOf("data")), Is.False);
    }

    [Test]
    public async Task Help_has_examples()
    {
        using var scratch = new Scratch();
        var finished = await EngineBinary.RunAsync(scratch.Folder, ["deadletters", "--help"]);
        Assert.That(finished.ExitCode, Is.Zero);
        Assert.That(finished.Output, Does.Contain("  cartrecovery deadletters repair 17").And.Contain("--event=FILE").And.Contain("--limit=N"));
    }

    static async Task<ProcessResult> RunAsync(Scratch scratch, int exitCode, params string[] arguments)
    {
        var finished = await EngineBinary.RunAsync(scratch.Folder, ["deadletters", .. arguments, "--config", "cartrecovery.yaml"]);
        Assert.That(finished.ExitCode, Is.EqualTo(exitCode), finished.ToString);
        return finished;
    }

    static JsonElement Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
