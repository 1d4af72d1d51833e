using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>audit</c>.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class AuditCommandTests
{
    [Test]
    public async Task A_log_is_verified_beside_a_running_engine()
    {
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig());
        var verified = await EngineBinary.RunAsync(scratch.Folder, ["audit", "verify", "--json"]);
        // The start makes the first signing key, registers the configured model and makes it the champion.
        Assert.That((verified.ExitCode, verified.Output.Trim()), Is.EqualTo((0, """{"valid":true,"entries":3,"first":1,"last":3,"code":null,"problem":null}""")), verified.ToString);
        var head = (await EngineBinary.RunAsync(scratch.Folder, ["audit", "head"])).Output.Trim();
        Assert.That(head, Does.Match("^3:[0-9a-f]{64}$"));
        Assert.That((await EngineBinary.RunAsync(scratch.Folder, ["audit", "verify", "--at-least", head])).ExitCode, Is.Zero);
        var cut = await EngineBinary.RunAsync(scratch.Folder, ["audit", "verify", "--at-least", $"4{head[1..]}"]);
        Assert.That((cut.ExitCode, cut.Errors.Trim()), Is.EqualTo((1, "error: audit_cut: the log ends with entry 3; it contained entry 4")));
        var list = await EngineBinary.RunAsync(scratch.Folder, ["audit", "list"]);
        Assert.That(list.Output.Trim().Split('\n'), Has.Length.EqualTo(3).And.Some.Contain("key").And.Exactly(2).Contain("model"), list.ToString);
    }

    [TestCase("unknown action 'check'; expected list, verify or head", "check")]
    [TestCase("--at-least: expected NUMBER:HASH, as 'audit head' prints it, got '7'", "verify", "--at-least", "7")]
    [TestCase("--limit: expected 1 to 100000, got 0", "list", "--limit", "0")]
    public async Task Wrong_usage_is_refused(string problem, params string[] arguments)
    {
        using var scratch = new Scratch();
        var refused = await EngineBinary.RunAsync(scratch.Folder, ["audit", .. arguments]);
        Assert.That((refused.ExitCode, refused.Errors.Trim()), Is.EqualTo((2, $"error: {problem}")));
    }
}
