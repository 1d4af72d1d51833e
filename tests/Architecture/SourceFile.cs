using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Architecture;

/// <summary>A C# source file of the repository for the layout tests, with comments and string literals removed.</summary>
sealed partial class SourceFile
{
    SourceFile(string path)
    {
        var text = File.ReadAllText(System.IO.Path.Combine(Repository.Root, path));
        Path = path;
        Lines = text.Count(c => c == '\n');
        Namespace = NamespaceLine().Match(text) is { Success: true } match ? match.Groups["name"].Value : null;
        Code = Comment().Replace(Text().Replace(text, "\"\""), "");
    }

    /// <summary>The path from the repository's root, with slashes.</summary>
    public string Path { get; }

    /// <summary>The number of lines.</summary>
    public int Lines { get; }

    /// <summary>The declared namespace; null for none.</summary>
    public string? Namespace { get; }

    /// <summary>The code without comments and string literals.</summary>
    public string Code { get; }

    /// <summary>The stage (folder of the engine) it belongs to; null outside the engine.</summary>
    public string? Stage => Path.Split('/') is ["engine", "Engine", var stage, .., _] ? stage : null;

    /// <summary>The namespace its folder implies.</summary>
    public string Expected => $"CartRecovery.{System.IO.Path.GetDirectoryName(Path)!["engine/".Length..].Replace('/', '.')}";

    /// <summary>Every source file below a folder, except build output.</summary>
    public static IEnumerable<SourceFile> Below(string folder) =>
        Directory.EnumerateFiles(System.IO.Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(path => System.IO.Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(path => new SourceFile(path));

    /// <summary>The stages it references, by using directives or by qualified type names.</summary>
    /// <param name="types">The engine's types.</param>
    public IEnumerable<string> Stages(IReadOnlySet<(string Stage, string Type)> types) =>
        StageName().Matches(Code).Select(match => match.Groups["stage"].Value)
            .Concat(Qualified().Matches(Code).Select(match => (match.Groups["stage"].Value, match.Groups["type"].Value)).Where(types.Contains)
                .Select(name => name.Item1)).Distinct();

    /// <summary>Whether it references a namespace or one below it.</summary>
    public bool Names(string name) => Regex.IsMatch(Code, $@"\b{Regex.Escape(name)}\b", RegexOptions.None, TimeSpan.FromSeconds(1));

    /// <summary>Whether it declares a type of this name.</summary>
    public bool Declares(string type) => Regex.IsMatch(
        Code, $@"\b(class|struct|interface|enum|record|delegate [\w<>?]+) {Regex.Escape(type)}\b", RegexOptions.None, TimeSpan.FromSeconds(1));

    [GeneratedRegex(@"(?<!^namespace )\bCartRecovery\.Engine\.(?<stage>\w+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StageName();

    [GeneratedRegex(@"(?<![.\w])(?<stage>[A-Z]\w+)\.(?<type>[A-Z]\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Qualified();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex("\"\"\"[\\s\\S]*?\"\"\"|\"([^\"\\\\\\n]|\\\\.)*\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Text();

    [GeneratedRegex(@"//[^\n]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comment();
}
