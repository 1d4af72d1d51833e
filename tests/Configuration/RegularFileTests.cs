using System.Diagnostics;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Commands.Setup;
using CartRecovery.Primitives.Files;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration;

/// <summary>A pipe or a device where a file is named is a problem, and never opened: that would block.</summary>
[Platform(Exclude = "Win")]
public sealed class RegularFileTests
{
    static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    [TestCase("pipe")]
    [TestCase("link to a pipe")]
    [TestCase("/dev/zero")]
    public async Task What_is_no_regular_file_is_not_opened(string name)
    {
        using var scratch = new Scratch();
        var pipe = scratch.PathOf("pipe");
        using (var make = Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync();
        }

        File.CreateSymbolicLink(scratch.PathOf("link to a pipe"), pipe);
        var file = scratch.PathOf(name);
        Assert.That(await ProblemsOf(file), Has.One.Contains("not a regular file"), "the configuration itself");

        // Each option that names a file.
        var path = scratch.Write("c.yaml", $$"""
            stores: [{ id: s1, keys: [{ key: { file: "{{file}}" }, kind: secret }] }]
            decisions: { exchangeRatesFile: "{{file}}" }
            listen:
              httpTls: { certificate: "{{file}}", key: "{{file}}" }
              streamTls: { certificate: "{{file}}", key: "{{file}}", clients: { ca: "{{file}}" } }
            sinks:
              mail: { type: email, host: relay.example, from: shop@shop.example, ca: "{{file}}" }
            """);
        var problems = await ProblemsOf(path);
        foreach (var line in new[] { 1, 2, 4, 5, 7 })
        {
            Assert.That(problems, Has.Some.Match($"c.yaml:{line}:.*regular file"));
        }

        Assert.That(problems, Has.Some.Match("c.yaml:5:.*clients: .*regular file"));
    }

    [Test]
    public void An_empty_file_is_a_regular_one()
    {
        using var scratch = new Scratch();
        var file = scratch.Write("empty", "");
        File.CreateSymbolicLink(scratch.PathOf("link"), file);
        Assert.That(RegularFile.Check(file), Is.EqualTo(file));
        Assert.That(RegularFile.Check(scratch.PathOf("link")), Is.EqualTo(scratch.PathOf("link")));
        Assert.That(() => RegularFile.Check("/dev/null"), Throws.InstanceOf<IOException>().With.Message.Contains("not a regular file"));
    }

    static Task<string[]> ProblemsOf(string path) => Task.Run(() =>
        ConfigInspection.Of(ConfigLoader.Load(path, Host.Commands.ConfigFile.Catalog)).Select(problem => problem.ToString()).ToArray()).WaitAsync(s_deadline);
}
