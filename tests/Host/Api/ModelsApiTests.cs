using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api.Models;
using CartRecovery.Host.Backup;
using CartRecovery.Host.Models;
using CartRecovery.Tests.Models;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The registry over HTTP, on an engine that serves its champion.</summary>
[TestFixture]
sealed class ModelsApiTests
{
    Scratch _scratch = null!;
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string, string) _operator;

    [SetUp]
    public async Task StartAsync()
    {
        (_scratch, _engine) = (new Scratch(), null!);
        await RestartAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task The_configured_model_is_registered_as_v0_and_is_the_champion()
    {
        var version = (await AskAsync("GET", "/v1/models")).Json.GetProperty("items").EnumerateArray().Single();

        Assert.That(version.GetProperty("aliases").GetRawText(), Is.EqualTo("""["champion","v0"]"""));
        Assert.That((version.GetProperty("isServing").GetBoolean(), version.GetProperty("source").GetString(), version.GetProperty("declared").GetString()),
            Is.EqualTo((true, "configuration", _engine.Host.Model.Id)));
        var detail = (await _engine.GetAsync($"/v1/models/{version.GetProperty("id").GetString()}")).Json;
        Assert.That(detail.GetProperty("features").GetArrayLength(), Is.EqualTo(_engine.Host.Model.Features.Count));
        Assert.That(detail.GetProperty("goldenRows").GetInt32(), Is.EqualTo(32));
        var audit = await _engine.AskAsync(HttpMethod.Get, "/v1/audit?action=model.alias", content: null, key: null, _operator);
        Assert.That(audit.Json.GetProperty("items").EnumerateArray().Select(entry => $"{entry.GetProperty("actor")} {entry.GetProperty("target")}"),
            Is.EquivalentTo(new[] { "engine model:purchase@champion", "engine model:purchase@v0" }));
    }

    [Test]
    public async Task A_deployed_version_scores_at_once_and_after_a_restart_and_a_rollback_brings_the_former_one_back()
    {
        var former = _engine.Host.Model.Id;
        var id = await AddAsync(3);
        Assert.That((await PredictAsync()).Model, Is.EqualTo(former), "registering changes nothing");

        var deployed = await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{id}}","why":"better"}""");
        Assert.That((deployed.Json.GetProperty("alias").GetString(), deployed.Json.GetProperty("version").GetString(), deployed.Json.GetProperty("changed").GetBoolean()),
            Is.EqualTo(("champion", id, true)), deployed.Body);
        Assert.That(await PredictAsync(), Is.EqualTo((id, MathF.Round(RegistryModels.Expected(3, 50, 1), 4))));

        await RestartAsync();
        Assert.That((await PredictAsync()).Model, Is.EqualTo(id), "it survives");
        var aliases = (await AskAsync("GET", "/v1/models/purchase/aliases")).Json.GetProperty("items").EnumerateArray().ToDictionary(alias => alias.GetProperty("alias").GetString()!);
        Assert.That((aliases["champion"].GetProperty("version").GetString(), aliases["champion"].GetProperty("why").GetString()), Is.EqualTo((id, "better")));
        Assert.That(aliases["champion"].GetProperty("by").GetString(), Does.StartWith("user:"));

        var back = await AskAsync("POST", "/v1/models/purchase/rollback", "{}");
        Assert.That(back.Json.GetProperty("from").GetString(), Is.EqualTo(id), back.Body);
        Assert.That((await PredictAsync()).Model, Is.EqualTo(former));
        var audited = (await AskAsync("GET", "/v1/audit?action=model.&limit=3")).Json.GetProperty("items").EnumerateArray().Select(entry => $"{entry.GetProperty("action")} {entry.GetProperty("target")}");
        Assert.That(audited, Is.EqualTo(new[] { "model.alias model:purchase@champion", "model.alias model:purchase@champion", $"model.add model:{id}" }));
        Assert.That((await AskAsync("GET", "/v1/models/purchase/history")).Json.GetProperty("items")[0].GetProperty("why").GetString(), Is.EqualTo("rollback"));
        Assert.That((await AskAsync("DELETE", $"/v1/models/{id}")).Problem, Is.EqualTo((409, "model_has_decisions")), "it has decided");
    }

    [Test]
    public async Task A_deployment_that_fails_changes_nothing()
    {
        var (model, former) = (_engine.Host.Model, _engine.Host.ServedVersion);
        var id = await AddAsync(3);
        var version = _engine.Host.ModelRegistry.Find(id);
        var bytes = File.ReadAllBytes(version.ModelPath);
        bytes[^3] ^= 1;
        File.WriteAllBytes(version.ModelPath, bytes);

        Assert.That((await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{id}}"}""")).Problem, Is.EqualTo((409, "model_damaged")));
        Assert.That((await AskAsync("PUT", "/v1/models/purchase/aliases/champion", $$"""{"version":"{{id}}","expected":"{{id}}"}""")).Problem.Status, Is.GreaterThanOrEqualTo(409));
        Assert.That((_engine.Host.Model, _engine.Host.ServedVersion, _engine.Host.ModelRegistry.Find("purchase@champion").Id), Is.EqualTo((model, former, former)));
        Assert.That((await PredictAsync()).Model, Is.EqualTo(model.Id));
    }

    [Test]
    public async Task A_changed_file_of_the_configuration_becomes_the_champion_on_reload_and_at_the_start()
    {
        var file = _scratch.PathOf("own.onnx");
        File.WriteAllBytes(file, RegistryModels.Linear(2, version: "own"));
        _engine.Reload(config => config.Scoring.Model = file);
        Assert.That(await PredictAsync(), Is.EqualTo(("purchase@own", MathF.Round(RegistryModels.Expected(2, 50, 1), 4))));
        Assert.That(_engine.Host.ModelRegistry.Find("purchase@v0").Id, Is.EqualTo(_engine.Host.ServedVersion));

        var id = await AddAsync(3);
        await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{id}}"}""");
        await RestartAsync(config => config.Scoring.Model = file);
        Assert.That((await PredictAsync()).Model, Is.EqualTo(id), "the same file: the champion stays");
        await RestartAsync();
        Assert.That(_engine.Host.Model.Id, Is.EqualTo("purchase@1"), "another file: it is the champion");
        Assert.That(_engine.Host.ModelRegistry.History("purchase")[0].Why, Is.EqualTo("scoring.model"));
    }

    [Test]
    public async Task A_champion_that_is_damaged_at_the_start_leaves_the_configured_model_in_force_and_health_says_so()
    {
        var id = await AddAsync(3);
        await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{id}}"}""");
        File.WriteAllText(Path.Combine(_engine.Host.ModelRegistry.Find(id).Folder, "manifest.json"), "{");

        await RestartAsync();
        Assert.That(_engine.Host.Model.Id, Is.EqualTo("purchase@1"));
        var health = (await _engine.GetAsync("/health")).Json;
        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        Assert.That(health.GetProperty("parts").GetProperty("model").GetRawText(), Does.Contain("purchase@1 serves instead of the champion").And.Contain("manifest.json"));
        await AskAsync("POST", "/v1/models/deploy", """{"version":"purchase@v0"}""");
        Assert.That((await _engine.GetAsync("/health")).Json.GetProperty("status").GetString(), Is.EqualTo("ok"));
    }

    [Test]
    public async Task What_a_command_beside_the_engine_moves_is_followed()
    {
        var beside = new ModelRegistry(Path.Combine(_scratch.PathOf("data"), "models"), FeatureTable.Names, TimeProvider.System);
        var (version, _) = beside.Add(new NewModel(RegistryModels.Linear(5)), "cli");
        beside.Move(new ModelMove("purchase", "champion", version.Id, "cli", ""));

        await Eventually.Is(() => _engine.Host.ServedVersion == version.Id, () => $"it is followed, not: {_engine.Host.ServedVersion} {_engine.Host.ModelsProblem}");
        Assert.That(await PredictAsync(), Is.EqualTo((version.Id, MathF.Round(RegistryModels.Expected(5, 50, 1), 4))));
    }

    [Test]
    public async Task Aliases_that_cannot_be_read_leave_the_configured_model_in_force_until_they_are_mended()
    {
        var id = await AddAsync(3);
        await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{id}}"}""");
        var aliases = Path.Combine(_scratch.PathOf("data"), "models", "purchase", "aliases.json");
        var whole = File.ReadAllText(aliases);
        File.WriteAllText(aliases, """{"format":1,"moves":1,"aliases":[null],"history":[],"servedUntil":{}}""");

        await RestartAsync();
        Assert.That(_engine.Host.Model.Id, Is.EqualTo("purchase@1"));
        Assert.That((await _engine.GetAsync("/health")).Json.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        Assert.That((await _engine.GetAsync("/v2/models/purchase/ready")).Status, Is.EqualTo(HttpStatusCode.OK));
        File.WriteAllText(aliases, whole);
        await Eventually.Is(() => _engine.Host.ServedVersion == id && _engine.Host.ModelsProblem is null, () => $"{_engine.Host.ModelsProblem}");
        Assert.That((await PredictAsync()).Model, Is.EqualTo(id));
    }

    [Test]
    public async Task A_registry_that_cannot_be_opened_is_tried_again()
    {
        var id = await AddAsync(3);
        await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{id}}"}""");
        var held = Path.Combine(_scratch.PathOf("data"), "models", "lock");
        await RestartAsync(_ =>
        {
            File.Delete(held);
            Directory.CreateDirectory(held);
        });
        Assert.That(_engine.Host.Model.Id, Is.EqualTo("purchase@1"));
        Assert.That(_engine.Host.ModelsProblem, Is.Not.Null);

        Directory.Delete(held);
        await Eventually.Is(() => _engine.Host.ServedVersion == id && _engine.Host.ModelsProblem is null, () => $"{_engine.Host.ModelsProblem}");
    }

    [Test]
    public async Task Going_back_to_the_version_that_serves_ends_the_problem_of_the_one_that_could_not()
    {
        var served = _engine.Host.ServedVersion!;
        var beside = new ModelRegistry(Path.Combine(_scratch.PathOf("data"), "models"), FeatureTable.Names, TimeProvider.System);
        var (version, _) = beside.Add(new NewModel(RegistryModels.Linear(5)), "cli");
        var bytes = File.ReadAllBytes(version.ModelPath);
        bytes[^3] ^= 1;
        File.WriteAllBytes(version.ModelPath, bytes);
        var failed = beside.Move(new ModelMove("purchase", "champion", version.Id, "cli", ""), isChecked: true)!;
        var models = Path.Combine(_scratch.PathOf("data"), "models");
        await Eventually.Is(() => ServingStatusFile.Answer(models, failed) is { Problem: not null }, "it is reported");
        Assert.That((await _engine.GetAsync("/v2/models/purchase/ready")).Status, Is.EqualTo(HttpStatusCode.OK), "what serves is ready");

        var back = beside.Move(new ModelMove("purchase", "champion", served, "cli", ""))!;
        await Eventually.Is(() => ServingStatusFile.Answer(models, back) is { Problem: null } status && status.Version == served, "it serves");
        Assert.That(_engine.Host.ModelsProblem, Is.Null);
    }

    [Test]
    public async Task A_notice_tells_of_a_command_that_moved_the_champion()
    {
        var beside = new ModelRegistry(Path.Combine(_scratch.PathOf("data"), "models"), FeatureTable.Names, TimeProvider.System);
        var (version, _) = beside.Add(new NewModel(RegistryModels.Linear(5)), "cli");
        beside.Move(new ModelMove("purchase", "champion", version.Id, "cli", "summer"));

        string Sent() => File.Exists(_scratch.PathOf("notices.ndjson")) ? File.ReadAllText(_scratch.PathOf("notices.ndjson")) : "";
        await Eventually.Is(() => Sent().Contains($"champion is {version.Id} now", StringComparison.Ordinal) && Sent().Contains("summer", StringComparison.Ordinal), Sent);
    }

    [Test]
    public async Task An_alias_of_ones_own_is_created_moved_only_as_expected_and_removed()
    {
        var (a, b) = (await AddAsync(2), await AddAsync(3));
        var path = "/v1/models/purchase/aliases/winter";
        Assert.That((await AskAsync("PUT", path, $$"""{"version":"{{a}}","expected":""}""")).Json.GetProperty("changed").GetBoolean());
        Assert.That((await AskAsync("PUT", path, $$"""{"version":"{{b}}","expected":"{{b}}"}""")).Problem, Is.EqualTo((412, "model_alias_moved")));
        Assert.That((await AskAsync("PUT", path, $$"""{"version":"{{b}}","expected":"{{a}}"}""")).Json.GetProperty("from").GetString(), Is.EqualTo(a));
        Assert.That((await AskAsync("DELETE", $"/v1/models/{b}")).Problem, Is.EqualTo((409, "model_in_use")));
        Assert.That((await AskAsync("DELETE", path)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await AskAsync("DELETE", $"/v1/models/{b}")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await AskAsync("GET", $"/v1/models/{b}")).Problem, Is.EqualTo((404, "model_version_not_found")));
        var difference = (await AskAsync("GET", $"/v1/models/{a}/diff")).Json;
        Assert.That((difference.GetProperty("to").GetString(), difference.GetProperty("rows").GetInt32()), Is.EqualTo((_engine.Host.ServedVersion, 64)));
    }

    [Test]
    public async Task A_notice_tells_of_another_champion()
    {
        var id = await AddAsync(3);
        await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{id}}","why":"spring"}""");

        string Sent() => File.Exists(_scratch.PathOf("notices.ndjson")) ? File.ReadAllText(_scratch.PathOf("notices.ndjson")) : "";
        await Eventually.Is(() => Sent().Contains($"champion is {id} now", StringComparison.Ordinal) && Sent().Contains("spring", StringComparison.Ordinal), Sent);
    }

    [Test]
    public async Task A_restored_backup_has_the_versions_and_serves_the_champion()
    {
        var id = await AddAsync(3);
        await AskAsync("POST", "/v1/models/deploy", $$"""{"version":"{{id}}","why":"kept"}""");
        var service = new BackupService(_engine.Host.Control, _engine.Host.Config.Data, "");
        var made = await service.RunAsync(new BackupRequest(_scratch.PathOf("backups"), null, KeyFile: null, Keep: 5, KeepFor: null), (_, _) => { });
        using (var folder = BackupFolder.Open(_scratch.PathOf("backups"), BackupCipher.Of(null)))
        {
            BackupRestore.Run(folder, made.Manifest, _scratch.PathOf("restored"), (_, _) => { });
        }

        await RestartAsync(config => config.Data = _scratch.PathOf("restored"));
        Assert.That(await PredictAsync(), Is.EqualTo((id, MathF.Round(RegistryModels.Expected(3, 50, 1), 4))));
        Assert.That(_engine.Host.ModelRegistry.History("purchase")[0].Why, Is.EqualTo("kept"));
        Assert.That(_engine.Host.ModelRegistry.List().Select(version => version.Problem), Is.All.Null.And.Exactly(2).Items);
    }

    [Test]
    public async Task Requests_that_load_a_model_run_one_after_the_other_and_too_many_are_refused()
    {
        // The engine asks for the body only when it is the request's turn.
        using var upload = new TcpClient();
        await upload.ConnectAsync(_engine.HttpPort);
        await upload.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/models HTTP/1.1\r\nHost: localhost\r\n{_operator.Item1}: {_operator.Item2}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
        using var reader = new StreamReader(upload.GetStream());
        Assert.That(await reader.ReadLineAsync().WaitAsync(Eventually.Deadline), Does.Contain(" 100 "));

        var others = Enumerable.Range(0, ModelLimiter.MaxWaiting + 1).Select(_ => AskAsync("GET", "/v1/models/purchase@v0/diff")).ToList();
        var refused = await (await Task.WhenAny(others).WaitAsync(Eventually.Deadline));
        Assert.That((refused.Status, refused.Json.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "model_registry_busy")));
        await upload.GetStream().WriteAsync("{}"u8.ToArray());
        var all = await Task.WhenAll(others).WaitAsync(Eventually.Deadline);
        Assert.That(all.Count(answer => answer.Status == HttpStatusCode.OK), Is.EqualTo(ModelLimiter.MaxWaiting));
    }

    [TestCase("GET", "/v1/models/purchase@000000", "", 404, "model_version_not_found")]
    [TestCase("GET", "/v1/models/purchase", "", 400, "invalid_model_id")]
    [TestCase("POST", "/v1/models", """{"model":"AAAA"}""", 400, "model_unreadable")]
    [TestCase("POST", "/v1/models", "{}", 413, "model_too_large")]
    [TestCase("POST", "/v1/models", """{"model":"not base64!"}""", 400, "invalid_json")]
    [TestCase("POST", "/v1/models/deploy", """{"version":"purchase@v0","alias":"Champion"}""", 400, "invalid_model_alias")]
    [TestCase("POST", "/v1/models/deploy", """{"version":"purchase@v0","by":"me"}""", 400, "invalid_json")]
    [TestCase("POST", "/v1/models/purchase/rollback", "{}", 409, "model_nothing_before")]
    [TestCase("POST", "/v1/models/none/rollback", "{}", 404, "model_alias_not_found")]
    [TestCase("DELETE", "/v1/models/purchase/aliases/v0", "", 409, "model_alias_needed")]
    [TestCase("DELETE", "/v1/models/purchase/aliases/x", "", 404, "model_alias_not_found")]
    [TestCase("DELETE", "/v1/models/purchase@v0", "", 409, "model_in_use")]
    public async Task What_cannot_be_done_is_refused(string method, string path, string body, int status, string code) =>
        Assert.That((await AskAsync(method, path, body)).Problem, Is.EqualTo((status, code)));

    async Task RestartAsync(Action<CartRecoveryConfig>? change = null)
    {
        if (_engine is not null)
        {
            _users.Dispose();
            await _engine.DisposeAsync();
        }

        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Data = _scratch.PathOf("data");
            var sink = new SinkConfig { Type = "file" };
            sink.SetOption("path", new OptionValue(_scratch.PathOf("notices.ndjson")));
            config.Sinks["ops"] = sink;
            config.Control.Notices = new NoticesConfig { Sink = "ops" };
            change?.Invoke(config);
        });
        _users = new TestUsers(_engine);
        var email = $"u{Guid.NewGuid():N}@team.example";
        await _users.AddAsync(email, new Grant("operator", null));
        _operator = await _users.SignInAsync(email);
    }

    async Task<string> AddAsync(float slope)
    {
        var added = await AskAsync("POST", "/v1/models", $$"""{"model":"{{Convert.ToBase64String(RegistryModels.Linear(slope))}}"}""");
        Assert.That(added.Status, Is.EqualTo(HttpStatusCode.Created), added.Body);
        return added.Json.GetProperty("version").GetProperty("id").GetString()!;
    }

    async Task<(string? Model, float Probability)> PredictAsync()
    {
        var answer = (await _engine.PostAsync("/v1/predict", """{"features":{"cart_value":50,"item_count":1}}""")).Json;
        return (answer.GetProperty("modelVersion").GetString(), MathF.Round(answer.GetProperty("probability").GetSingle(), 4));
    }

    Task<ApiAnswer> AskAsync(string method, string path, string body = "")
    {
        var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return _engine.AskAsync(new HttpMethod(method), path, content, key: null, _operator);
    }
}
