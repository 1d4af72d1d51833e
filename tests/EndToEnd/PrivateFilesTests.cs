using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>What the engine writes is of no other user's business, whatever the umask.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class PrivateFilesTests
{
    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // As a service manager with a careless umask starts it.
    static readonly string[] s_careless = ["sh", "-c", "umask 0; exec \"$0\" \"$@\""];

    [Test]
    public async Task The_data_folder_and_all_in_it_are_private_and_an_old_one_is_tightened()
    {
        using var scratch = new Scratch();
        var old = Directory.CreateDirectory(scratch.PathOf("data/deadletters")).FullName;
        File.WriteAllText(Path.Combine(old, "leftover"), "");
        foreach (var open in new[] { scratch.PathOf("data"), old, Path.Combine(old, "leftover") })
        {
            File.SetUnixFileMode(open, (UnixFileMode)0x1ff);
        }

        await using (var engine = await RunningEngine.StartAsync(scratch, new EngineConfig(), s_careless))
        {
            using var body = new StringContent($$"""[{"id":"e1","type":"page_view","cartId":"c1","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}},{"id":"bad"}]""",
                System.Text.Encoding.UTF8, "application/json");
            using var answer = await engine.Http.PostAsync("/v1/events", body);
            answer.EnsureSuccessStatusCode();
            await engine.StopAsync();
        }

        var data = scratch.PathOf("data");
        var entries = Directory.EnumerateFileSystemEntries(data, "*", SearchOption.AllDirectories).Prepend(data).ToArray();
        Assert.That(entries, Has.Length.GreaterThan(10));
        Assert.That(entries.Where(entry => (File.GetUnixFileMode(entry) & Others) != 0), Is.Empty);
    }

    [Test]
    public async Task An_export_is_private()
    {
        using var scratch = new Scratch();
        var config = new EngineConfig();
        await using (var engine = await RunningEngine.StartAsync(scratch, config, s_careless))
        {
            await engine.StopAsync();
        }

        await using var export = new EngineOutput(EngineBinary.StartThrough(s_careless, scratch.Folder, ["export", "--config", config.WriteTo(scratch), "--out", "events.ndjson"]));
        Assert.That((await export.EndAsync()).ExitCode, Is.Zero);

        Assert.That(File.GetUnixFileMode(scratch.PathOf("events.ndjson")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }
}
