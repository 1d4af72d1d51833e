using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>demo</c>: a newcomer's first contact with the engine.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed partial class DemoTests
{
    [Test]
    public async Task The_demo_streams_the_night_in_order_and_reports_revenue()
    {
        using var scratch = new Scratch();
        // The shipped configuration with less memory; the model is the one beside the program.
        var text = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "config", "cartrecovery.yaml")))
            .Replace("carts: 1GB", "carts: 64MB", StringComparison.Ordinal);
        var config = scratch.Write("demo.yaml", text);

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["demo", "--seconds", "3", "--port", "0", "--config", config]);

        Assert.That((finished.ExitCode, finished.Errors), Is.EqualTo((0, "")), finished.ToString);
        Assert.That(finished.Output, Does.Match(@"^CartRecovery \d+\.\d+\.\d+ demo: starting the engine to stream a shop's night through it in 3 seconds \.\.\.\n"));
        Assert.That(finished.Output, Does.Not.Contain("\e"));
        var lines = Line().Matches(finished.Output);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lines.Select(line => line.Groups["at"].Value), Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
            Assert.That(lines.Select(line => line.Groups["what"].Value).Distinct(), Is.EquivalentTo(new[] { "watching", "reminder", "urgency", "discount 10%", "order" }));
            Assert.That(finished.Output, Does.Match(@"(?m)^events +17,434  in \d+\.\d s; received to decided: p50 [\d.]+ ms, p99 [\d.]+ ms$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^carts seen +5,066  scored 17,[45]\d\d times by purchase@\S+$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^interventions +[1-9]\d*  [1-9]\d* reminder, [1-9]\d* discount, [1-9]\d* urgency$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^orders followed +[1-9]\d*  of shoppers with an intervention; \$[\d,.]+$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^revenue attributed +\$[\d,]*[1-9][\d,.]*  in [1-9]\d* orders after a message was shown$"));
        }
    }

    [GeneratedRegex(@"^(?<at>\d\d:\d\d:\d\d)  (?<what>\S+( \d+%)?)  ", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
