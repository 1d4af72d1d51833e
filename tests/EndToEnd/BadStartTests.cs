using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using CartRecovery.Tests.Scoring;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>An impossible start exits immediately with an exit code and a message that states the remedy.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable(ParallelScope.Children)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BadStartTests
{
    const int Failed = 1, BadConfiguration = 78;

    [TestCase("run")]
    [TestCase("check")]
    [TestCase("demo")]
    public async Task Three_configuration_errors_are_all_reported(string verb)
    {
        using var scratch = new Scratch();
        var path = scratch.Write("shop.yaml", """
            stores: [{ id: shop, timezon: UTC, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]
            limits:
              evnt: 16KB
            scoring:
                batsch: 12

            """);

        var finished = await EngineBinary.RunAsync(scratch.Folder, [verb, "--config", path]);

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration));
        var lines = finished.Errors.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(3), finished.ToString);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lines[0], Does.StartWith($"{path}:1:22: error: ").And.Contain("'timezon'").And.Contain("did you mean 'timezone'?"));
            Assert.That(lines[1], Does.StartWith($"{path}:3:3: error: ").And.Contain("'evnt'").And.Contain("did you mean 'event'?"));
            Assert.That(lines[2], Does.StartWith($"{path}:5:5: error: ").And.Contain("'batsch'").And.Contain("did you mean 'batch'?"));
        }
    }

    [Test]
    public async Task A_missing_configuration_is_reported_by_name()
    {
        using var scratch = new Scratch();

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["run", "--config", "nowhere.yaml"]);

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration));
        Assert.That(finished.Errors, Does.StartWith("nowhere.yaml:1:1: error: the file cannot be read: "));
    }

    [TestCase("truncated", "model_unreadable")]
    [TestCase("garbage", "model_unreadable")]
    [TestCase("wrong inputs", "model_wrong_input")]
    [TestCase("unknown feature", "model_unknown_feature")]
    [TestCase("absent", "model_not_found")]
    public async Task An_unusable_model_is_rejected_with_its_code(string kind, string code)
    {
        using var scratch = new Scratch();
        var path = scratch.PathOf("model.onnx");
        var shipped = await File.ReadAllBytesAsync(Path.Combine(Repository.Root, "config", "models", "purchase.onnx"));
        var model = kind switch
        {
            "truncated" => shipped[..(shipped.Length / 2)],
            "garbage" => "not a model at all"u8.ToArray(),
            "wrong inputs" => TestModels.Linear("cart_value,item_count", baseline: null).ToArray("test"),
            "unknown feature" => TestModels.Linear("cart_valu,item_count,hour_of_day").ToArray("test"),
            _ => null,
        };
        if (model is not null)
        {
            await File.WriteAllBytesAsync(path, model);
        }

        var config = new EngineConfig { Model = path }.WriteTo(scratch);

        foreach (var verb in new[] { "run", "check" })
        {
            var finished = await EngineBinary.RunAsync(scratch.Folder, [verb, "--config", config]);

            Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration), finished.ToString);
            Assert.That(finished.Errors, Does.Match($@"^{Regex.Escape(config)}:\d+:\d+: error: scoring\.model: {code}: ").And.Contain(path));
            if (kind == "unknown feature")
            {
                Assert.That(finished.Errors, Does.Contain("Did it mean 'cart_value'?"));
            }
        }
    }

    [Test]
    public async Task A_missing_native_library_is_reported_with_the_paths_searched()
    {
        using var scratch = new Scratch();
        var config = new EngineConfig().WriteTo(scratch);

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["run", "--config", config], ("CARTRECOVERY_ONNXRUNTIME", "/nonexistent"));

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration), finished.ToString);
        Assert.That(finished.Errors, Does.StartWith("error: native_library_missing: ").And.Contain("/nonexistent"));
    }

    [Test]
    public async Task A_port_in_use_is_reported()
    {
        using var scratch = new Scratch();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var config = new EngineConfig { Http = $"{other.LocalEndpoint}" }.WriteTo(scratch);

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["run", "--config", config]);

        Assert.That(finished.ExitCode, Is.EqualTo(Failed), finished.ToString);
        var errors = finished.Errors.Split('\n').Where(line => !line.StartsWith('{') && line.Length > 0);
        Assert.That(errors, Is.EqualTo(new[]
        {
            $"error: port {((IPEndPoint)other.LocalEndpoint).Port} is in use by another program: stop it, or change 'listen' in {config}",
        }));
        Assert.That(finished.Errors, Does.Not.Contain("Exception"));
    }

    [Test]
    public async Task A_demo_port_in_use_is_reported_in_one_line()
    {
        using var scratch = new Scratch();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var finished = await EngineBinary.RunAsync(
            scratch.Folder, ["demo", "--port", "0", "--stream-port", $"{port}", "--config", new EngineConfig().WriteTo(scratch)]);

        Assert.That(finished.ExitCode, Is.EqualTo(Failed), finished.ToString);
        Assert.That(finished.Errors, Does.Match(
            $@"^error: port {port} is in use by another program: stop it, or use another: cartrecovery demo --port \d+ \(0 takes free ports\)\n$"));
    }

    [TestCase("run")]
    [TestCase("check")]
    public async Task A_missing_model_is_reported_with_both_paths(string verb)
    {
        using var scratch = new Scratch();
        var config = new EngineConfig { Model = "models/mine.onnx" }.WriteTo(scratch);

        var finished = await EngineBinary.RunAsync(scratch.Folder, [verb, "--config", config]);

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration), finished.ToString);
        var beside = Path.Combine(Path.GetDirectoryName(EngineBinary.Path)!, "config", "models", "mine.onnx");
        Assert.That(finished.Errors, Does.Contain($"no model at {scratch.PathOf("models/mine.onnx")} or {beside};"));
    }

    [TestCase("run")]
    [TestCase("check")]
    public async Task A_broken_model_of_a_campaign_is_reported_with_its_own_key_and_line(string verb)
    {
        using var scratch = new Scratch();
        var path = scratch.Write("broken.onnx", "no model");
        var config = new EngineConfig().WriteTo(scratch);
        var text = System.IO.File.ReadAllText(config).Replace("scoring: { ", "scoring: { models: { uplift: broken.onnx }, ", StringComparison.Ordinal);
        System.IO.File.WriteAllText(config, text);

        var finished = await EngineBinary.RunAsync(scratch.Folder, [verb, "--config", config]);

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration), finished.ToString);
        var line = text.Split('\n').Index().First(numbered => numbered.Item.Contains("uplift:", StringComparison.Ordinal)).Index + 1;
        Assert.That(finished.Errors, Does.Match($@"(?m)^{Regex.Escape(config)}:{line}:\d+: error: scoring\.models\.uplift: model_unreadable: {Regex.Escape(path)}"));
        Assert.That(finished.Errors, Does.Not.Contain("scoring.model:"));
    }

    [Test]
    public async Task Check_reports_component_and_file_errors_together()
    {
        using var scratch = new Scratch();
        var path = scratch.Write("shop.yaml", """
            stores: [{ id: shop, timezon: UTC, keys: [{ key: sk_0123456789abcdef, kind: secret }, { key: short, kind: secret }] }]
            listen:
              httpTls: { certificate: none.pem, key: none.key }
            scoring:
              model: none.onnx
            sinks:
              out: { type: exec, command: "" }
              crm: { type: webhook, url: nowhere, secret: "hunter2", headers: { host: a } }
              mail: { type: email, host: "a b", from: nobody, replyTo: somebody, user: u, port: 0 }
            decisions: { campaigns: [{ name: a, trigger: { idle: 1h }, action: { type: reminder }, channel: mial, message: m }] }

            """);

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["check", "--config", path]);

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration), finished.ToString);
        foreach (var (line, what) in new[] { (1, "unknown key 'timezon'"), (1, "a secret key must have"), (3, "listen.httpTls.certificate: "),
            (3, "listen.httpTls.key: "), (5, "scoring.model: model_not_found: "), (8, "sinks.crm.url: "), (8, "sinks.crm.secret: "), (8, "sinks.crm.headers: "),
            (9, "sinks.mail.host: "), (9, "sinks.mail.from: "), (9, "sinks.mail.replyTo: "), (9, "sinks.mail.password: "), (9, "sinks.mail.port: "),
            (10, "unknown channel 'mial', did you mean 'mail'?") })
        {
            Assert.That(finished.Errors, Does.Match($@"(?m)^{Regex.Escape(path)}:{line}:\d+: error: {Regex.Escape(what)}"));
        }

        Assert.That(finished.Errors.TrimEnd().Split('\n'), Has.All.StartWith($"{path}:"));
    }

    [Test]
    public async Task Check_reports_foreign_bytes_short_keys_and_merged_mistakes_at_once_and_nothing_of_another_stores_cart_page()
    {
        using var scratch = new Scratch();
        var path = scratch.PathOf("shop.yaml");
        await File.WriteAllBytesAsync(path, System.Text.Encoding.Latin1.GetBytes("""
            x-file: &file { type: file, batch: many }
            stores:
              - { id: demo, cartUrl: "https://shop.example/cart", keys: [{ key: "short", kind: secret }] }
              - { id: other, keys: [{ key: sk_0123456789abcdef, kind: secret }] }
            contact: { publicUrl: "https://recover.example" }
            sinks:
              crm: { <<: *file, path: crm.ndjson }
            decisions: { campaigns: [{ name: a, stores: [demo], trigger: { idle: 1h }, action: { type: reminder }, channel: socket, message: "Grüße {{ links.cart }}" }] }

            """));

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["check", "--config", path]);

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration), finished.ToString);
        var lines = finished.Errors.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(3), finished.ToString);
        foreach (var place in new[] { "8:133: error: byte 0xFC is not UTF-8", "1:36: error: sinks.crm.batch must be a whole number", "3:69: error: a secret key must have" })
        {
            Assert.That(lines, Has.One.StartsWith($"{path}:{place}"));
        }
    }

    [TestCase("run")]
    [TestCase("check")]
    public async Task A_memory_plan_over_the_budget_is_printed(string verb)
    {
        using var scratch = new Scratch();
        var config = new EngineConfig { Memory = "{ limit: 64MB, carts: 16MB, customers: 16MB }" }.WriteTo(scratch);

        var finished = await EngineBinary.RunAsync(scratch.Folder, [verb, "--config", config]);

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration), finished.ToString);
        Assert.That(finished.Errors, Does.Match($@"^{Regex.Escape(config)}:\d+:\d+: error: memory\.limit: the plan needs [\d,]+ MB, the limit is 64 MB; "));
        Assert.That(finished.Errors, Does.Match(@"(?m)^ +total +\d+ MB  of 64 MB \(memory\.limit\)$"));
    }

    [TestCase("run")]
    [TestCase("check")]
    public async Task An_unusable_sink_is_reported_by_name(string verb)
    {
        using var scratch = new Scratch();
        var config = new EngineConfig { Sinks = """{ crm: { type: webhook, url: "http://localhost/", secret: "hunter2" } }""" }.WriteTo(scratch);

        var finished = await EngineBinary.RunAsync(scratch.Folder, [verb, "--config", config]);

        Assert.That(finished.ExitCode, Is.EqualTo(BadConfiguration), finished.ToString);
        Assert.That(finished.Errors, Does.Match($@"^{Regex.Escape(config)}:\d+:\d+: error: sinks\.crm\.secret: ").And.Not.Contain("hunter2"));
    }
}
