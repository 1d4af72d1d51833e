using System.Net;
using System.Net.WebSockets;
using System.Text;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>SIGHUP: what a running engine takes over of a changed configuration, and what it rejects.</summary>
public sealed class ReloadTests
{
    const string NewKey = "sk_second_0123456789abcdef";

    Scratch _scratch = null!;

    [SetUp]
    public void MakeScratch() => _scratch = new Scratch();

    [TearDown]
    public void DeleteScratch() => _scratch.Dispose();

    [Test]
    public async Task A_reload_takes_over_all_it_can_and_names_what_needs_a_restart()
    {
        var before = new EngineConfig { FirstStore = Store("second", "sk_revoked_0123456789abcdef") };
        await using var engine = await RunningEngine.StartAsync(_scratch, before);
        using var revoked = new ClientWebSocket();
        revoked.Options.SetRequestHeader("X-Api-Key", "sk_revoked_0123456789abcdef");
        await revoked.ConnectAsync(engine.Stream, CancellationToken.None);
        using var kept = new ClientWebSocket();
        kept.Options.SetRequestHeader("X-Api-Key", EngineConfig.SecretKey);
        await kept.ConnectAsync(engine.Stream, CancellationToken.None);
        File.Copy(before.Model, _scratch.PathOf("other.onnx"));
        var after = before with
        {
            FirstStore = Store("second", NewKey, "Europe/Amsterdam") + "\n" + Store("third", "sk_third_0123456789abcdef"),
            Model = _scratch.PathOf("other.onnx"),
            Sinks = "{ later: { type: file, path: later.ndjson } }",
            Campaigns = "[{ name: new, trigger: { event: add_to_cart }, action: { type: reminder }, channel: later, message: hello }]",
            Contact = "{ holdout: 0, clickWindow: 3d }",
            Durability = "limits: { batch: 1, rates: { requests: { public: { address: 1/s burst 3 } } } }\nlog: { level: debug }\njournal: { commitAge: 7ms }",
        };
        using var draft = new Scratch();
        var next = _scratch.Write("next.yaml", File.ReadAllText(after.WriteTo(draft)).Replace("scoring: { model: ", "scoring: { events: cart, model: ", StringComparison.Ordinal));

        var asked = await EngineBinary.RunAsync(_scratch.Folder, ["check", "--config", next, "--against-running"]);
        File.Copy(next, _scratch.PathOf("cartrecovery.yaml"), overwrite: true);
        engine.HangUp();

        const string Applied = "stores, limits.batch, limits.rates.requests.public.address, scoring.model, decisions.campaigns, contact.clickWindow, sinks.later, log.level";
        await Eventually.Is(() => engine.Log.Contains("Reloaded ", StringComparison.Ordinal), () => $"it reloads; log:\n{engine.Log}");
        Assert.That(engine.Log, Does.Contain($"Applied: {Applied}. Restart required: journal.commitAge, scoring.events"));
        Assert.That(asked.Output, Does.Contain($"A reload (SIGHUP) takes over: {Applied}\nNeeds a restart: journal.commitAge, scoring.events\n"), asked.ToString);
        Assert.That(await DetailAsync(engine), Is.EqualTo("in force. Restart required: journal.commitAge, scoring.events"));

        Assert.That(await PostAsync(engine, "sk_revoked_0123456789abcdef", "c1"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await CloseOfAsync(revoked), Is.EqualTo(WebSocketCloseStatus.PolicyViolation), "the stream of a key that went");
        Assert.That(kept.State, Is.EqualTo(WebSocketState.Open), "a stream of a store that did not change");
        Assert.That(await PostAsync(engine, NewKey, "c1"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await PostAsync(engine, "sk_third_0123456789abcdef", "c3"), Is.EqualTo(HttpStatusCode.OK), "a store that came");
        Assert.That(await PostAsync(engine, NewKey, "c1", "c2"), Is.EqualTo(HttpStatusCode.RequestEntityTooLarge), "limits.batch");
        await Eventually.Is(() => File.Exists(_scratch.PathOf("later.ndjson")) && File.ReadAllLines(_scratch.PathOf("later.ndjson")).Length == 2,
            () => $"the new campaign sends to the new sink; log:\n{engine.Log}");

        await engine.KillAsync();
        await using var again = await RunningEngine.StartAsync(_scratch, before with { FirstStore = after.FirstStore });
        using var features = new HttpRequestMessage(HttpMethod.Get, "/v1/features/c3") { Headers = { { "X-Api-Key", "sk_third_0123456789abcdef" } } };
        again.Http.DefaultRequestHeaders.Remove("X-Api-Key");
        using var found = await again.Http.SendAsync(features);
        Assert.That(found.StatusCode, Is.EqualTo(HttpStatusCode.OK), "the journal has the events of a store that a reload added");
    }

    [TestCase("sinks: { a: { type: file, path: a, queue: 1000000 }, b: { type: file, path: b, queue: 1000000 } }", "memory.limit: the plan needs")]
    [TestCase("listen: { httpTls: { certificate: none.pem, key: none.key } }", "listen.httpTls.certificate: the file cannot be read")]
    [TestCase("scoring: { model: none.onnx }", "model_not_found")]
    [TestCase("limits: { batch: 0 }", "limits.batch must be at least 1, not 0")]
    [TestCase("sinks: { mail: { type: email, host: localhost, from: nobody } }", "sinks.mail.from: expected an e-mail address")]
    [TestCase("stores: []", "stores must have at least 1 entry")]
    [TestCase("sinks: [", "not valid YAML")]
    public async Task A_broken_configuration_is_rejected_whole(string broken, string problem)
    {
        var config = new EngineConfig();
        await using var engine = await RunningEngine.StartAsync(_scratch, config);
        var path = (config with { Campaigns = "[{ name: new, trigger: { idle: 1h }, action: { type: reminder }, channel: socket, message: m }]" }).WriteTo(_scratch);
        var key = broken[..broken.IndexOf(':', StringComparison.Ordinal)];
        var lines = File.ReadAllLines(path).Where(line => !line.StartsWith(key + ":", StringComparison.Ordinal)).ToList();
        if (key == "stores")
        {
            lines = [.. lines.Where(line => !line.StartsWith(' '))];
        }

        if (key == "listen")
        {
            broken = broken.Replace("{ httpTls", $"{{ http: '127.0.0.1:0', stream: '127.0.0.1:0', httpTls", StringComparison.Ordinal);
        }

        File.WriteAllLines(path, [.. lines, broken]);
        engine.HangUp();

        await Eventually.Is(() => engine.Log.Contains("Rejected ", StringComparison.Ordinal), () => $"it is rejected; log:\n{engine.Log}");
        Assert.That(engine.Log, Does.Contain(problem).And.Contain($"{path}:"));
        var health = await engine.GetJsonAsync("/health");
        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        Assert.That(await DetailAsync(engine), Does.Contain(problem).And.StartWith("the configuration file was rejected"));
        Assert.That(health.GetProperty("parts").GetProperty("campaigns").GetProperty("detail").GetString(), Is.EqualTo("0 in force"));
        Assert.That(await PostAsync(engine, EngineConfig.SecretKey, "c1"), Is.EqualTo(HttpStatusCode.OK));

        config.WriteTo(_scratch);
        engine.HangUp();
        await Eventually.Is(() => engine.Log.Contains("Applied: none", StringComparison.Ordinal), "the repaired file is fine");
        Assert.That((await engine.GetJsonAsync("/health")).GetProperty("status").GetString(), Is.EqualTo("ok"));
    }

    [Test]
    public async Task A_reload_reads_referenced_files_again_even_if_the_file_is_unchanged()
    {
        var model = _scratch.PathOf("model.onnx");
        File.Copy(new EngineConfig().Model, model);
        await using var engine = await RunningEngine.StartAsync(_scratch, new EngineConfig { Model = model });

        engine.HangUp();
        await Eventually.Is(() => engine.Log.Contains("Applied: none", StringComparison.Ordinal), () => $"nothing changed; log:\n{engine.Log}");
        // ModelProto.doc_string.
        File.WriteAllBytes(model, [.. File.ReadAllBytes(model), 0x32, 0x01, (byte)'x']);
        engine.HangUp();
        await Eventually.Is(() => engine.Log.Contains("Applied: scoring.model", StringComparison.Ordinal), () => $"the model is loaded; log:\n{engine.Log}");

        await PostAsync(engine, EngineConfig.SecretKey, "c1");
        Assert.That(await engine.ScoreAsync("c1"), Is.InRange(0, 1));
        await engine.StopAsync();
    }

    [Test]
    public async Task A_changed_file_of_exchange_rates_is_read_without_being_asked()
    {
        _scratch.Write("rates.json", """{"USD":1,"EUR":1.25}""");
        await using var engine = await RunningEngine.StartAsync(_scratch, new EngineConfig { Window = "1h, exchangeRatesFile: rates.json" });

        _scratch.Write("rates.json", """{"USD":1,"EUR":1.5}""");
        await Eventually.Is(() => engine.Log.Contains("Applied: decisions.exchangeRates", StringComparison.Ordinal), () => $"the rates are read; log:\n{engine.Log}");

        _scratch.Write("rates.json", """{"USD":1,"EUR":0}""");
        await Eventually.Is(() => engine.Log.Contains("rates.json:1:16: error: EUR: expected a number above 0, got 0", StringComparison.Ordinal), () => $"they are rejected; log:\n{engine.Log}");
        Assert.That((await engine.GetJsonAsync("/health")).GetProperty("status").GetString(), Is.EqualTo("degraded"));
    }

    [Test]
    public async Task Without_an_engine_there_is_nothing_to_compare_with()
    {
        var config = new EngineConfig().WriteTo(_scratch);

        var asked = await EngineBinary.RunAsync(_scratch.Folder, ["check", "--config", config, "--against-running"]);

        Assert.That((asked.ExitCode, asked.Errors), Is.EqualTo((1, $"error: no engine runs on {_scratch.PathOf("data")}\n")));
    }

    static string Store(string id, string key, string zone = "UTC") => $"  - {{ id: {id}, timezone: {zone}, cartUrl: \"https://shop.example/cart\", keys: [{{ key: {key}, kind: secret }}] }}";

    static async Task<string> DetailAsync(RunningEngine engine) =>
        (await engine.GetJsonAsync("/health")).GetProperty("parts").GetProperty("configuration").GetProperty("detail").GetString()!;

    static async Task<HttpStatusCode> PostAsync(RunningEngine engine, string key, params string[] carts)
    {
        var events = carts.Select(cart => EventJson.Of(cart, "add_to_cart", ""","productId":"p1","quantity":1,"price":5"""));
        using var client = new HttpClient { BaseAddress = engine.Http.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = new StringContent(EventJson.Array(events), Encoding.UTF8, "application/json"),
            Headers = { { "X-Api-Key", key } },
        };
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }

    static async Task<WebSocketCloseStatus?> CloseOfAsync(ClientWebSocket socket)
    {
        using var deadline = new CancellationTokenSource(EngineBinary.Deadline);
        var buffer = new byte[1024];
        WebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer, deadline.Token);
        }
        while (received.MessageType != WebSocketMessageType.Close);
        return received.CloseStatus;
    }
}
