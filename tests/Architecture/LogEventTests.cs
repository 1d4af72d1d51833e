using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Architecture;

/// <summary>Names of log events: operators filter by them, so they are unique and stable.</summary>
public sealed partial class LogEventTests
{
    [Test]
    public void Every_log_message_has_a_unique_event_name_in_snake_case()
    {
        string[] declarations =
        [
            .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "engine"), "*.cs", SearchOption.AllDirectories)
                .SelectMany(file => Declaration().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Success ? match.Groups["name"].Value : $"none in {Path.GetFileName(file)}")),
        ];

        Assert.That(declarations, Is.Not.Empty.And.All.Match("^[a-z]+(_[a-z]+)*$"));
        Assert.That(declarations, Is.Unique);
    }

    [GeneratedRegex(@"\[LoggerMessage\((EventName = ""(?<name>[^""]*)"")?", RegexOptions.ExplicitCapture)]
    private static partial Regex Declaration();
}
