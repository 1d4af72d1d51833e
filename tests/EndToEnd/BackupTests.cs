using System.Net;
using System.Text;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The commands of docs/operating.md for a backup, run as they stand there.</summary>
public sealed class BackupTests
{
    [Test]
    public async Task A_restored_backup_has_everything_up_to_it_and_nothing_after()
    {
        using var scratch = new Scratch();
        var (backUp, restore) = CommandsOf("## Back up and restore");
        var config = new EngineConfig
        {
            Sinks = "{ out: { type: file, path: out.ndjson } }",
            Campaigns = "[{ name: added, trigger: { event: add_to_cart }, action: { type: reminder }, channel: out, message: m }]",
        };
        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            await AddAsync(engine, "before");
            await Eventually.Is(() => File.Exists(scratch.PathOf("out.ndjson")), "the message is sent");
            await engine.StopAsync();
        }

        await RunAsync(scratch, backUp);
        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            await AddAsync(engine, "after");
            await engine.KillAsync();
        }

        Directory.Move(scratch.PathOf("data"), scratch.PathOf("lost"));
        await RunAsync(scratch, restore);
        await using var restored = await RunningEngine.StartAsync(scratch, config);
        Assert.That(await StatusOfAsync(restored, "before"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusOfAsync(restored, "after"), Is.EqualTo(HttpStatusCode.NotFound));
        var sent = await restored.GetJsonAsync("/v1/interventions");
        Assert.That(sent.GetProperty("items").EnumerateArray().Select(item => (item.GetProperty("cartId").GetString(), item.GetProperty("state").GetString())),
            Is.EqualTo(new[] { ("before", "sent") }));
        await restored.StopAsync();
    }

    static async Task AddAsync(RunningEngine engine, string cart)
    {
        using var body = new StringContent(EventJson.Of(cart, "add_to_cart", ""","productId":"p1","quantity":1,"price":5"""), Encoding.UTF8, "application/json");
        using var answer = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
    }

    static async Task<HttpStatusCode> StatusOfAsync(RunningEngine engine, string cart)
    {
        using var answer = await engine.Http.GetAsync($"/v1/features/{cart}");
        return answer.StatusCode;
    }

    static (string BackUp, string Restore) CommandsOf(string heading)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operating.md"));
        var block = page[page.IndexOf(heading, StringComparison.Ordinal)..].Split("```sh\n")[1].Split("```")[0];
        var commands = block.Split('\n').Where(line => line.Length > 0).Select(line => line.Split(" #")[0].Trim()).ToArray();
        Assert.That(commands, Has.Length.EqualTo(2).And.All.StartsWith("cartrecovery "));
        return (commands[0], commands[1]);
    }

    // As it stands there, but with a folder of the test's.
    static async Task RunAsync(Scratch scratch, string command)
    {
        var done = await EngineBinary.RunAsync(scratch.Folder, command.Replace("/mnt/backups/cartrecovery", "backups", StringComparison.Ordinal).Split(' ')[1..]);
        Assert.That(done.ExitCode, Is.Zero, done.ToString());
    }
}
