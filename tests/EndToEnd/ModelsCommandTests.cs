using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Tests.Models;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>models</c> without an engine, and beside a running one, which a crash does not make forget its champion.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed partial class ModelsCommandTests
{
    [Test]
    public async Task A_champion_is_moved_beside_a_running_engine_and_outlives_a_crash_and_a_rollback_brings_the_former_one_back()
    {
        using var scratch = new Scratch();
        var config = new EngineConfig();
        File.WriteAllBytes(scratch.PathOf("own.onnx"), RegistryModels.Linear(3));
        string id;
        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            Assert.That(await ModelOf(engine), Is.EqualTo("purchase@1"));
            var added = await RunAsync(scratch, "add", "own.onnx", "--metrics", "auc=0.71,ap=0.2", "--licence", "CC0");
            Assert.That(added.ExitCode, Is.Zero, added.ToString);
            id = Id().Match(added.Output).Value;
            Assert.That((await RunAsync(scratch, "add", "own.onnx")).Output, Does.StartWith($"{id} is there already"));
            Assert.That((await RunAsync(scratch, "diff", id)).Output, Does.Contain("rank correlation").And.Contain("0.71 -> none"));

            var moved = await RunAsync(scratch, "alias", "champion", id[..^4], "--why", "a test");
            Assert.That(moved.ExitCode, Is.Zero, moved.ToString);
            Assert.That(moved.Output, Does.Contain($"the engine serves {id}"));
            Assert.That(await ModelOf(engine), Is.EqualTo(id));
            await engine.KillAsync();
        }

        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            Assert.That(await ModelOf(engine), Is.EqualTo(id));
            Assert.That((await RunAsync(scratch, "list")).Output, Does.Match($@"(?m)^{id} +champion \(serving\) .* 0\.710").And.Match("(?m)^purchase@[0-9a-f]{12} +v0 "));
            Assert.That((await RunAsync(scratch, "rollback", "purchase")).Output, Does.Contain($"{id} -> purchase@"));
            Assert.That(await ModelOf(engine), Is.EqualTo("purchase@1"));
        }

        Assert.That((await RunAsync(scratch, "history", "purchase")).Output, Does.Match($@"(?m)^ *3 +\S+ +champion +\S+ +{id} +cli +a test$"));
        Assert.That((await RunAsync(scratch, "show", id)).Output, Does.Contain("licence     CC0").And.Contain("features    cart_value, item_count"));
        var refused = await RunAsync(scratch, "delete", id);
        Assert.That(refused.ExitCode, Is.EqualTo(1));
        Assert.That(refused.Errors, Does.StartWith("error: model_has_decisions: "));
        Assert.That((await RunAsync(scratch, "alias", "champion", "purchase@000000")).Errors, Does.StartWith("error: model_version_not_found: "));
    }

    [TestCase("models show: expected a version; see: cartrecovery models list", "show")]
    [TestCase("models alias: expected an alias and a version", "alias", "champion")]
    [TestCase("--metrics: expected numbers, as auc=0.71,log_loss=0.12; got 'auc'", "add", "x.onnx", "--metrics", "auc")]
    public async Task Wrong_usage_is_refused(string problem, params string[] arguments)
    {
        using var scratch = new Scratch();
        new EngineConfig().WriteTo(scratch);
        var finished = await RunAsync(scratch, arguments);
        Assert.That(finished.ExitCode, Is.EqualTo(2), finished.ToString);
        Assert.That(finished.Errors, Does.Contain(problem));
    }

    static Task<ProcessResult> RunAsync(Scratch scratch, params string[] arguments) =>
        EngineBinary.RunAsync(scratch.Folder, ["models", .. arguments, "--config", "cartrecovery.yaml"]);

    static async Task<string?> ModelOf(RunningEngine engine)
    {
        using var client = new HttpClient { BaseAddress = engine.Http.BaseAddress };
        using var health = JsonDocument.Parse(await client.GetStringAsync("/health"));
        return health.RootElement.GetProperty("parts").GetProperty("model").GetProperty("detail").GetString();
    }

    [GeneratedRegex("purchase@[0-9a-f]{12}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Id();
}
