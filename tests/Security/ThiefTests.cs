using System.Text;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.EndToEnd;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>A thief copies the data folder of an engine that runs, crashed or stopped, and looks for people in it.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class ThiefTests
{
    const string Master = "a master key that nobody can guess 0123456789";

    // By door, so that a failure says where it came in.
    static readonly string[] s_doors = ["http", "array", "socket", "tcp", "pack", "browser", "meta", "top", "letter", "foreign", "suppress"];

    static readonly EngineConfig s_config = new()
    {
        Durability = """
            checkpoints: { interval: 5s }
            encryption: { key: { file: master.key } }
            """,
    };

    Scratch _scratch = null!;

    static IEnumerable<string> Secrets => s_doors.SelectMany(door => new[] { MailOf(door), NumberOf(door), TokenOf(door) });

    [SetUp]
    public void SetUp()
    {
        _scratch = new Scratch();
        _scratch.Write("master.key", Master + "\n");
    }

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task No_personal_data_is_readable_in_the_folder_while_it_runs_after_a_crash_and_after_a_stop()
    {
        await using (var engine = await RunningEngine.StartAsync(_scratch, s_config))
        {
            await TrafficAsync(engine);
            AssertNobody("while it runs");
            await engine.KillAsync();
        }

        AssertNobody("after the crash");
        await using (var again = await RunningEngine.StartAsync(_scratch, s_config))
        {
            await again.StopAsync();
        }

        AssertNobody("after recovery and a checkpoint");

        // The test would find them: the owner of the key does.
        var export = await EngineBinary.RunAsync(_scratch.Folder, ["export"]);
        var found = s_doors.Except(["letter", "foreign", "suppress"]).Where(door => !export.Output.Contains(MailOf(door), StringComparison.Ordinal));
        Assert.That((export.ExitCode, string.Join(',', found)), Is.EqualTo((0, "")), export.ToString);
        var letters = await EngineBinary.RunAsync(_scratch.Folder, ["deadletters", "show", "--all"]);
        Assert.That(letters.Output, Does.Contain(MailOf("letter")).And.Contain(MailOf("foreign")), letters.ToString);
    }

    [Test]
    public async Task A_wrong_or_missing_key_stops_the_start_and_changes_nothing()
    {
        await using (var engine = await RunningEngine.StartAsync(_scratch, s_config))
        {
            await PostAsync(engine, Identify("e1", "c1", "http"));
            await engine.StopAsync();
        }

        var before = Contents();
        foreach (var (key, file) in new[] { ("another master key that nobody can guess 9876", "master.key"), (null, "master.key"), (Master, Path.Combine("data", "keys", "root")) })
        {
            var (path, kept) = (_scratch.PathOf(file), File.ReadAllBytes(_scratch.PathOf(file)));
            if (file == "master.key")
            {
                _scratch.Write(file, key ?? "");
            }
            else
            {
                File.Delete(path);
            }

            var refused = await EngineBinary.RunAsync(_scratch.Folder, ["run"]);
            Assert.That(refused.ExitCode, Is.EqualTo(78), refused.ToString);
            Assert.That(refused.Errors, key is null ? Does.Contain("encryption.key") : Does.Contain("data_key"));
            if (key is not null)
            {
                var export = await EngineBinary.RunAsync(_scratch.Folder, ["export"]);
                Assert.That((export.ExitCode, export.Output.Contains("\"identify\"", StringComparison.Ordinal), export.Output.Contains('@')), Is.EqualTo((0, true, false)), export.ToString);
                Assert.That(export.Errors, Does.Contain("left out"));
            }

            File.WriteAllBytes(path, kept);
        }

        Assert.That(Contents(), Is.EqualTo(before));
    }

    [Test]
    public async Task The_master_key_is_changed_by_one_command()
    {
        var former = s_config with { Durability = "" };
        await using (var engine = await RunningEngine.StartAsync(_scratch, former))
        {
            await PostAsync(engine, Identify("e1", "c1", "http"));
            await engine.StopAsync();
        }

        s_config.WriteTo(_scratch);
        Assert.That((await EngineBinary.RunAsync(_scratch.Folder, ["run"])).ExitCode, Is.EqualTo(78));
        var rewrap = await EngineBinary.RunAsync(_scratch.Folder, ["keys", "rewrap"]);
        Assert.That(rewrap.ExitCode, Is.Zero, rewrap.ToString);
        await using (var engine = await RunningEngine.StartAsync(_scratch, s_config))
        {
            await engine.StopAsync();
        }

        Assert.That((await EngineBinary.RunAsync(_scratch.Folder, ["export"])).Output, Does.Contain(MailOf("http")));
        var again = await EngineBinary.RunAsync(_scratch.Folder, ["keys", "rewrap"]);
        Assert.That((again.ExitCode, again.Errors.Contains("data_key", StringComparison.Ordinal)), Is.EqualTo((78, true)), again.ToString);
    }

    async Task TrafficAsync(RunningEngine engine)
    {
        await PostAsync(engine, Identify("e1", "c1", "http"));
        await PostAsync(engine, $"[{Identify("e2", "c2", "array")},{Identify("e3", "c3", "browser", user: null)}]");
        await using (var socket = await EventStream.WebSocketAsync(engine.Stream, EngineConfig.SecretKey))
        {
            await socket.SendAsync(Identify("e4", "c4", "socket"));
            await socket.AckedAsync(1);
        }

        await using (var lines = await EventStream.LinesAsync(engine.StreamEndPoint))
        {
            await lines.SendAsync(Identify("e5", "c5", "tcp"));
            await lines.AckedAsync(1);
        }

        await using (var pack = await EventStream.MessagePackAsync(engine.StreamEndPoint))
        {
            await pack.SendAsync(Identify("e6", "c6", "pack"));
            await pack.AckedAsync(1);
        }

        // Not what the engine asks for, and yet people.
        await PostAsync(engine, Event("e7", "purchase", "c1", $$""","price":5,"meta":{"email":"{{MailOf("meta")}}","phone":"{{NumberOf("meta")}}","note":"{{TokenOf("meta")}} {{MailOf("meta")}}"}"""));
        await PostAsync(engine, Event("e8", "page_view", "c1", $$""","email":"{{MailOf("top")}}","phone":"{{NumberOf("top")}}","more":"{{TokenOf("top")}}" """));

        // Rejected: without a type; and another session's cart.
        await PostAsync(engine, $$"""{"id":"e9","cartId":"c1","email":"{{MailOf("letter")}}","phone":"{{NumberOf("letter")}}","pushToken":"{{TokenOf("letter")}}"}""");
        await PostAsync(engine, Event("e10", "page_view", "c10", ""","sessionId":"owner" """));
        await PostAsync(engine, Identify("e11", "c10", "foreign", user: null, more: ""","sessionId":"stranger" """), EngineConfig.PublishableKey);
        await PostAsync(engine, $$"""{"channel":"email","address":"{{MailOf("suppress")}}"}""", path: "/v1/suppressions");
        await PostAsync(engine, $$"""{"channel":"sms","address":"{{NumberOf("suppress")}}"}""", path: "/v1/suppressions");
        await PostAsync(engine, $$"""{"channel":"push","address":"{{TokenOf("suppress")}}"}""", path: "/v1/suppressions");
        await Eventually.Is(() => new FileInfo(_scratch.PathOf("data/outreach.db-wal")).Length > 0 && Directory.GetFiles(_scratch.PathOf("data/deadletters"), "*.ndjson").Sum(f => new FileInfo(f).Length) > 0,
            "the database and the dead letters are written");
    }

    void AssertNobody(string when)
    {
        Assert.That(TestKeys.Found(_scratch.PathOf("data"), Secrets), Is.Empty, when);
        var blocks = JournalBlocks.In(_scratch.PathOf("data")).ToArray();
        Assert.That(blocks, Is.Not.Empty);
        Assert.That(TestKeys.FoundIn(blocks, Secrets), Is.Empty, when);
        Assert.That(blocks.Any(block => Encoding.Latin1.GetString(block.Bytes).Contains("c1", StringComparison.Ordinal)), "ids are found, so the blocks are decompressed");
    }

    string[] Contents() => [.. Directory.EnumerateFiles(_scratch.PathOf("data"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Where(path => !path.EndsWith("lock", StringComparison.Ordinal)).Select(path => $"{path} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}")];

    static async Task PostAsync(RunningEngine engine, string json, string key = EngineConfig.SecretKey, string path = "/v1/events")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Api-Key", key);
        if (key == EngineConfig.PublishableKey)
        {
            request.Headers.Add("Origin", EngineConfig.Origin);
        }

        using var response = await engine.Http.SendAsync(request);
        Assert.That((int)response.StatusCode, Is.LessThan(500), await response.Content.ReadAsStringAsync());
    }

    static string Identify(string id, string cart, string door, string? user = "u1", string more = "") => Event(id, "identify", cart,
        $$"""{{(user is null ? "" : $",\"userId\":\"{user}\"")}}{{more}},"meta":{"email":"{{MailOf(door)}}","phone":"{{NumberOf(door)}}","pushToken":"{{TokenOf(door)}}"}""");

    static string Event(string id, string type, string cart, string more) =>
        $$"""{"id":"{{id}}","type":"{{type}}","cartId":"{{cart}}","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}{{more}}}""";

    static string MailOf(string door) => $"anna.{door}@example.com";

    static string NumberOf(string door) => $"+4917012345{Array.IndexOf(s_doors, door):d2}";

    static string TokenOf(string door) => $"push-token-of-{door}-0123456789abcdef";
}
