using System.Text.RegularExpressions;
using System.Xml.Linq;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Architecture;

/// <summary>The house has its rooms in an order: which part of the sources may name which other.</summary>
public sealed partial class LayeringTests
{
    const int LongestFile = 350;

    /// <summary>What each folder of the engine may name beside itself. The engine's root is called Partition after what is in it.</summary>
    static readonly Dictionary<string, string[]> MayName = new(StringComparer.Ordinal)
    {
        ["Csv"] = [],
        ["Events"] = [],
        ["Telemetry"] = [],
        ["Journal"] = ["Events", "Contracts"],
        ["Features"] = ["Events", "Contracts"],
        ["Scoring"] = ["Contracts"],
        ["Learning"] = ["Csv", "Events", "Features"],
        ["Control"] = ["Events", "Contracts"],
        ["Decisions"] = ["Events", "Features", "Scoring", "Control", "Contracts"],
        ["Ingest"] = ["Partition", "Events", "Journal", "Features", "Control", "Contracts"],
        ["Delivery"] = ["Telemetry", "Contracts"],
        ["Outreach"] = ["Partition", "Csv", "Events", "Features", "Control", "Decisions", "Delivery", "Ingest", "Contracts"],
        ["Replaying"] = ["Partition", "Csv", "Events", "Journal", "Features", "Decisions", "Telemetry", "Contracts"],
        ["Partition"] = ["Events", "Journal", "Features", "Scoring", "Decisions", "Control", "Telemetry", "Contracts"],
    };

    // A misspelt name, in a model too, is guessed at in one place.
    static readonly Dictionary<string, string[]> Exceptions = new(StringComparer.Ordinal)
    {
        ["engine/Engine/Scoring/OnnxModel.cs"] = ["Control"],
    };

    static readonly string[] Sources = [.. Files("engine", "*.cs")];

    static readonly HashSet<(string? Part, string Type)> Types =
        [.. Sources.Where(file => StageOf(file) is not null).Select(file => (StageOf(file), Path.GetFileNameWithoutExtension(file)))];

    [Test]
    public void Every_stage_has_its_rule()
    {
        var stages = Directory.GetDirectories(Path.Combine(Repository.Root, "engine", "Engine"))
            .Where(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Any())
            .Select(folder => Path.GetFileName(folder)).Where(name => name is not ("bin" or "obj"));
        Assert.That(stages, Is.EquivalentTo(MayName.Keys.Where(key => key != "Partition")));
    }

    [TestCaseSource(nameof(Stages))]
    public void A_stage_names_no_stage_it_should_not_know(string stage)
    {
        var wrong =
            from file in Sources
            where StageOf(file) == stage
            from name in NamesIn(file)
            where name != stage && !MayName[stage].Contains(name) && !Exceptions.GetValueOrDefault(file, []).Contains(name)
            select $"{file} names {name}";
        Assert.That(wrong.Distinct(), Is.Empty);
    }

    [Test]
    public void The_contracts_name_nothing_of_the_engine() =>
        Assert.That(Sources.Where(file => file.StartsWith("engine/Contracts/", StringComparison.Ordinal))
            .SelectMany(file => NamesIn(file).Where(name => name != "Contracts").Select(name => $"{file} names {name}")), Is.Empty);

    [Test]
    public void A_plugin_names_the_contracts_alone()
    {
        var plugins = Files("plugins", "*.cs").ToArray();
        Assert.That(plugins, Is.Not.Empty);
        Assert.That(plugins.SelectMany(file => NamesIn(file).Where(name => name is not ("Contracts" or "Plugins")).Select(name => $"{file} names {name}")),
            Is.Empty);
    }

    [TestCase("engine/Contracts/Contracts.csproj")]
    [TestCase("engine/Engine/Engine.csproj", "Contracts")]
    [TestCase("plugins/Console/Console.csproj", "Contracts")]
    [TestCase("plugins/File/File.csproj", "Contracts")]
    [TestCase("plugins/Http/Http.csproj", "Contracts")]
    [TestCase("plugins/Webhook/Webhook.csproj", "Contracts", "Http")]
    [TestCase("plugins/Sms/Sms.csproj", "Contracts", "Http")]
    [TestCase("plugins/Push/Push.csproj", "Contracts", "Http")]
    [TestCase("plugins/Slack/Slack.csproj", "Contracts", "Http")]
    [TestCase("plugins/Email/Email.csproj", "Contracts")]
    [TestCase("plugins/Exec/Exec.csproj", "Contracts")]
    [TestCase("plugins/TestKit/TestKit.csproj", "Contracts")]
    public void A_project_refers_to(string project, params string[] references) =>
        Assert.That(XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))), Is.EqualTo(references));

    [Test]
    public void A_file_says_the_namespace_of_its_folder()
    {
        var wrong = Sources.Where(file => StageOf(file) is { } stage && !File.ReadLines(Path.Combine(Repository.Root, file)).Any(line =>
            line.StartsWith($"namespace CartRecovery.Engine{(stage == "Partition" ? "" : $".{stage}")}", StringComparison.Ordinal)));
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Unsafe_code_is_where_memory_is_asked_for_early()
    {
        var files = Sources.Where(file => Code(file).Any(line => UnsafeWord().IsMatch(line))).ToArray();
        string[] early = ["engine/Engine/Events/CacheLine.cs", "engine/Engine/Features/RecordPrefetcher.cs"];
        Assert.That(files, Is.EquivalentTo(early));
    }

    [Test]
    public void No_file_is_longer_than_one_idea() =>
        Assert.That(Sources.Select(file => (file, Lines: File.ReadLines(Path.Combine(Repository.Root, file)).Count()))
            .Where(f => f.Lines > LongestFile), Is.Empty);

    static IEnumerable<string> Stages => MayName.Keys;

    // Null for what is not in the engine.
    static string? StageOf(string file) =>
        !file.StartsWith("engine/Engine/", StringComparison.Ordinal) ? null
        : file.Split('/') is [_, _, var stage, _, ..] ? stage : "Partition";

    // Using lines; types with their folder before them, Ingest.EventRouter as well as CartRecovery.Engine.Ingest.EventRouter; and the
    // types of the engine's root, which every folder sees without a using line (Partition itself is also a verb).
    static IEnumerable<string> NamesIn(string file) => Code(file).SelectMany(line =>
        Usings().Matches(line).Select(match => match.Groups["part"].Value)
            .Concat(Qualified().Matches(line).Where(match => Types.Contains((match.Groups["part"].Value, match.Groups["type"].Value)))
                .Select(match => match.Groups["part"].Value))
            .Concat(Words().Matches(line).Where(match => match.Value != "Partition" && Types.Contains(("Partition", match.Value))).Select(_ => "Partition"))).Distinct();

    static IEnumerable<string> Code(string file) => File.ReadLines(Path.Combine(Repository.Root, file))
        .Where(line => !line.StartsWith("namespace ", StringComparison.Ordinal))
        .Select(line => Text().Replace(line, "\"\"")).Select(line => line.Split("//")[0].Trim());

    static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"\bCartRecovery\.(Engine\.)?(?<part>Csv|Events|Ingest|Journal|Features|Scoring|Decisions|Delivery|Learning|Control|Telemetry|Replaying|Contracts|Host|Plugins)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Usings();

    [GeneratedRegex(@"\b(?<part>[A-Z]\w+)\.(?<type>[A-Z]\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Qualified();

    [GeneratedRegex(@"(?<!\.)\b[A-Z]\w+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();

    [GeneratedRegex("\"([^\"\\\\]|\\\\.)*\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Text();

    [GeneratedRegex(@"\bunsafe\b", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnsafeWord();
}
