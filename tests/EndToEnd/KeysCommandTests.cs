using System.Text.RegularExpressions;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>keys</c>, and a configuration with hashes and sources in place of secrets.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed partial class KeysCommandTests
{
    [Test]
    public async Task A_new_key_works_where_the_configuration_has_its_hash()
    {
        using var scratch = new Scratch();
        var made = await EngineBinary.RunAsync(scratch.Folder, ["keys", "new"]);
        var parts = Made().Match(made.Output);
        Assert.That(parts.Success, Is.True, made.ToString);
        var (key, hash) = (parts.Groups["key"].Value, parts.Groups["hash"].Value);
        Assert.That(KeyHash.OfConfigured(key).ToString(), Is.EqualTo(hash));

        var config = new EngineConfig { FirstStore = $"  - {{ id: other, keys: [{{ key: \"{hash}\", kind: secret }}] }}" };
        await using var engine = await RunningEngine.StartAsync(scratch, config);

        Assert.That(await StatusOf(engine, key), Is.EqualTo(200));
        Assert.That(await StatusOf(engine, hash), Is.EqualTo(401), "the hash itself is no key");
        await Eventually.Is(() => engine.Log.Contains("Refused a key: unknown_key, from 127.0.0.1 on the http port", StringComparison.Ordinal), "the refusal is logged");
        Assert.That(engine.StartupOutput + engine.Log, Does.Not.Contain(key).And.Not.Contain(hash));
    }

    [Test]
    public async Task A_key_on_standard_input_is_hashed_and_a_short_one_is_not()
    {
        using var scratch = new Scratch();

        Assert.That((await HashAsync(scratch, "0123456789abcdef01234567")).Output.Trim(), Is.EqualTo(KeyHash.Of("0123456789abcdef01234567"u8).ToString()));
        var refused = await HashAsync(scratch, "hunter2");
        Assert.That((refused.ExitCode, refused.Output), Is.EqualTo((1, "")));
        Assert.That(refused.Errors, Does.Contain("cartrecovery keys new").And.Not.Contain("hunter2"));
    }

    [Test]
    public async Task A_key_that_is_added_works_beside_a_running_engine_until_it_is_revoked()
    {
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig());
        var added = await EngineBinary.RunAsync(scratch.Folder, ["keys", "add", "till 4", "--scopes", "interventions:read,events:write", "--expires", "90d"]);
        Assert.That(added.ExitCode, Is.Zero, added.ToString);
        var lines = added.Output.Trim().Split('\n').Select(line => line[7..]).ToArray();
        var (id, key) = (lines[0], lines[1]);
        Assert.That(ApiKeyText.IsWellFormed(key));
        await UntilAsync(engine, key, 200);

        var rotated = await EngineBinary.RunAsync(scratch.Folder, ["keys", "rotate", id, "--overlap", "1h"]);
        Assert.That(rotated.ExitCode, Is.Zero, rotated.ToString);
        var list = (await EngineBinary.RunAsync(scratch.Folder, ["keys", "list"])).Output;
        Assert.That(list, Does.Contain($"{id}  secret       replaced  {key[..7]}…").And.Contain("till 4").And.Contain("managed by the configuration").And.Not.Contain(key));
        Assert.That((await EngineBinary.RunAsync(scratch.Folder, ["keys", "revoke", id])).ExitCode, Is.Zero);
        await UntilAsync(engine, key, 401);
        var unknown = await EngineBinary.RunAsync(scratch.Folder, ["keys", "revoke", id]);
        Assert.That((unknown.ExitCode, unknown.Errors), Is.EqualTo((1, $"error: the store shop has no key {id}; keys list prints those that it has\n")));
    }

    [TestCase("keys add: expected a name", "add")]
    [TestCase("keys revoke: expected an id, which keys list prints", "revoke")]
    [TestCase("unknown action 'delete'; expected add, list, rotate, revoke, new, hash or rewrap", "delete")]
    public async Task Wrong_usage_is_refused(string problem, params string[] arguments)
    {
        using var scratch = new Scratch();
        var refused = await EngineBinary.RunAsync(scratch.Folder, ["keys", .. arguments]);
        Assert.That((refused.ExitCode, refused.Errors.Trim()), Is.EqualTo((2, $"error: {problem}")));
    }

    [Test]
    public async Task Check_shows_no_secret()
    {
        using var scratch = new Scratch();
        scratch.Write("key", "sk_hunter2\n");
        scratch.Write("c.yaml", """
            listen: { metricsKey: { command: [cat, key] }, idleTimeout: 0s }
            stores: [{ id: s1, keys: [{ key: { file: key }, kind: secret }, { key: { file: key }, kind: secret }] }]
            contact: { secret: { file: key } }
            sinks: { hook: { type: webhook, url: "https://a.example/", secret: { file: key } } }
            log: { level: trace }
            """);
        var checkedAs = await EngineBinary.RunAsync(scratch.Folder, ["check", "--config", "c.yaml"]);

        Assert.That(checkedAs.ExitCode, Is.EqualTo(78));
        Assert.That(checkedAs.Errors, Does.Contain("duplicate key").And.Contain("contact.secret must have").And.Contain("sinks.hook.secret"));
        Assert.That(checkedAs.Output + checkedAs.Errors, Does.Not.Contain("hunter2"));
    }

    [Test]
    public async Task The_most_detailed_log_shows_no_key()
    {
        const string Wrong = "sk_hunter2";
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig { Durability = "log: { level: trace }" });
        foreach (var key in new[] { EngineConfig.SecretKey, EngineConfig.PublishableKey, Wrong })
        {
            await StatusOf(engine, key);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/interventions");
            request.Headers.Add("Authorization", $"Bearer {key}");
            request.Headers.Add("Origin", "https://evil.example");
            using var answer = await engine.Http.SendAsync(request);
        }

        using (var stream = await Ingest.RawClient.ConnectAsync(engine.StreamEndPoint))
        {
            await stream.SendAsync($"{{\"key\":\"{Wrong}\"}}\n");
            await stream.ReadToEndAsync();
        }

        await engine.StopAsync();
        Assert.That(engine.Log, Does.Contain("Refused a key: unknown_key, from 127.0.0.1").And.Contain("secret_key_required").And.Contain("secret_key_in_browser"));
        Assert.That(engine.StartupOutput + engine.Log, Does.Not.Contain("hunter2").And.Not.Contain(EngineConfig.SecretKey).And.Not.Contain(EngineConfig.PublishableKey));
    }

    static Task<ProcessResult> HashAsync(Scratch scratch, string key) =>
        new EngineOutput(EngineBinary.StartThrough(["sh", "-c", $"printf '%s\\n' {key} | \"$0\" \"$@\""], scratch.Folder, ["keys", "hash"])).EndAsync();

    static async Task<int> StatusOf(RunningEngine engine, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/interventions?key={Uri.EscapeDataString(key)}");
        using var answer = await engine.Http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    // The engine looks at the database twice a second.
    static async Task UntilAsync(RunningEngine engine, string key, int status)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await StatusOf(engine, key) != status)
        {
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(Eventually.Deadline), $"the answer becomes {status}");
        }
    }

    [GeneratedRegex("^key    (?<key>sk_[0-9A-Za-z]{49})\nhash   (?<hash>sha256:[0-9a-f]{64})\n$")]
    private static partial Regex Made();
}
