using System.Text.RegularExpressions;
using System.Xml.Linq;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Architecture;

/// <summary>Checks which stages may reference which. A stage is a folder of the engine.</summary>
public sealed partial class LayeringTests
{
    const int MaxFileLines = 350;

    /// <summary>The stages that each folder may reference besides itself, <c>Contracts</c> and <c>Primitives</c>.</summary>
    static readonly Dictionary<string, string[]> s_mayName = new(StringComparer.Ordinal)
    {
        ["Telemetry"] = [],
        ["Storage"] = [],
        ["Encryption"] = [],
        ["Messages"] = [],
        ["Events"] = [],
        ["ControlPlane"] = ["Encryption", "Events"],
        ["Scoring"] = [],
        ["Models"] = ["Scoring"],
        ["Delivery"] = ["Telemetry"],
        ["State"] = ["Events"],
        ["Journal"] = ["ControlPlane", "Events"],
        ["Learning"] = ["Events", "Exports", "Pipeline", "Scoring", "State"],
        ["Decisions"] = ["ControlPlane", "Events", "Messages", "Scoring", "State"],
        ["Pipeline"] = ["ControlPlane", "Decisions", "Encryption", "Events", "Journal", "Scoring", "State", "Telemetry"],
        ["Ingest"] = ["ControlPlane", "Encryption", "Events", "Pipeline"],
        ["Configuration"] = ["ControlPlane", "Decisions", "Events", "Messages", "Pipeline", "Scoring", "State"],
        ["Journeys"] = ["Configuration", "ControlPlane", "Decisions", "Encryption", "Events", "Journal", "Messages", "State", "Storage"],
        ["Migration"] = ["ControlPlane", "Decisions", "Events", "Journal", "Pipeline", "State", "Storage"],
        ["Privacy"] =
            ["Backtest", "ControlPlane", "Delivery", "Encryption", "Events", "Exports", "Ingest", "Journal", "Journeys", "Messages", "Migration", "Pipeline", "State", "Storage"],
        ["Exports"] = ["Backtest", "Encryption", "Events", "Journal", "Journeys"],
        ["Insights"] = ["Backtest", "Events", "Journal"],
        ["Monitoring"] = ["Configuration", "Storage"],
        ["Backtest"] = ["Decisions", "Encryption", "Events", "Journal", "Pipeline", "Telemetry"],
    };

    static readonly SourceFile[] s_sources = [.. SourceFile.Below("engine"), .. SourceFile.Below("plugins")];

    static readonly HashSet<(string Stage, string Type)> s_types =
        [.. s_sources.Where(source => source.Stage is not null).Select(source => (source.Stage!, Path.GetFileNameWithoutExtension(source.Path)))];

    static IEnumerable<string> Folders => s_sources.Select(source => source.Stage).OfType<string>().Distinct();

    [Test]
    public void Every_engine_folder_has_a_layering_rule() => Assert.That(Folders, Is.EquivalentTo(s_mayName.Keys));

    [Test]
    public void Layering_rules_are_acyclic()
    {
        var left = new HashSet<string>(s_mayName.Keys, StringComparer.Ordinal);
        while (left.FirstOrDefault(stage => !s_mayName[stage].Any(left.Contains)) is { } lowest)
        {
            left.Remove(lowest);
        }

        Assert.That(left, Is.Empty, "cyclic references between stages");
    }

    [TestCaseSource(nameof(Folders))]
    public void A_stage_references_only_what_its_rule_allows(string stage)
    {
        var named = s_sources.Where(source => source.Stage == stage).SelectMany(source => source.Stages(s_types).Select(name => (source.Path, name))).ToArray();
        Assert.That(named.Where(n => n.name != stage && !s_mayName[stage].Contains(n.name)).Select(n => $"{n.Path} names {n.name}"), Is.Empty);
        Assert.That(s_mayName[stage].Except(named.Select(n => n.name)), Is.Empty, "references allowed by the rule but unused");
    }

    [TestCase("engine/Contracts/")]
    [TestCase("engine/Primitives/")]
    public void Contracts_and_Primitives_do_not_reference_the_engine(string folder)
    {
        var files = s_sources.Where(source => source.Path.StartsWith(folder, StringComparison.Ordinal)).ToArray();
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.SelectMany(source => source.Stages(s_types).Select(name => $"{source.Path} names {name}")), Is.Empty);
    }

    [Test]
    public void A_plugin_references_only_the_contracts()
    {
        var plugins = s_sources.Where(source => source.Path.StartsWith("plugins/", StringComparison.Ordinal)).ToArray();
        Assert.That(plugins, Is.Not.Empty);
        Assert.That(plugins.Where(source => source.Names("CartRecovery.Engine") || source.Names("CartRecovery.Host")).Select(source => source.Path), Is.Empty);
    }

    [TestCase("engine/Contracts/Contracts.csproj")]
    [TestCase("engine/Primitives/Primitives.csproj")]
    [TestCase("engine/Engine/Engine.csproj", "Contracts", "Primitives")]
    public void A_project_references_only_its_allowed_projects(string project, params string[] references) => Assert.That(ReferencesOf(project), Is.EqualTo(references));

    [TestCaseSource(nameof(Plugins))]
    public void A_plugin_references_only_the_contracts_and_the_HTTP_sink_base(string project) =>
        Assert.That(ReferencesOf(project).Except(["Http"]), Is.EqualTo(["Contracts"]));

    [Test]
    public void Namespaces_match_folders() => Assert.That(
        s_sources.Where(source => source.Namespace is not null && source.Path.StartsWith("engine/", StringComparison.Ordinal) && source.Namespace != source.Expected)
            .Select(source => $"{source.Path} has the namespace {source.Namespace}"), Is.Empty);

    [Test]
    public void Files_are_named_after_a_type() => Assert.That(
        s_sources.Where(source => source.Namespace is not null && !source.Declares(Path.GetFileName(source.Path).Split('.')[0])).Select(source => source.Path),
        Is.Empty);

    [Test]
    public void Unsafe_code_is_confined_to_a_list_of_files() => Assert.That(
        s_sources.Where(source => UnsafeWord().IsMatch(source.Code)).Select(source => source.Path), Is.EquivalentTo(
        [
            "engine/Primitives/CacheLine.cs", "engine/Engine/State/RecordFunctions.cs", "engine/Engine/State/RecordIndex.cs", "engine/Primitives/Lz4.cs",
        ]));

    [Test]
    public void Files_stay_within_the_length_limit() =>
        Assert.That(s_sources.Where(source => source.Lines > MaxFileLines).Select(source => $"{source.Path}: {source.Lines} lines"), Is.Empty);

    static IEnumerable<string> Plugins => Directory.EnumerateFiles(Path.Combine(Repository.Root, "plugins"), "*.csproj", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Repository.Root, path));

    static IEnumerable<string> ReferencesOf(string project) => XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

    [GeneratedRegex(@"\bunsafe\b(?!-)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnsafeWord();
}
