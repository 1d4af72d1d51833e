using System.Text.RegularExpressions;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>Parses matchers as Alertmanager writes them: <c>severity="critical"</c>, <c>team=~shop|ops</c>, <c>{a="b", c!="d"}</c>.</summary>
public static partial class NoticeMatchers
{
    /// <summary>Parses one or several matchers.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static IReadOnlyList<LabelMatcher> Parse(string text)
    {
        var inner = text.Trim();
        inner = inner.StartsWith('{') && inner.EndsWith('}') ? inner[1..^1] : inner;
        List<LabelMatcher> matchers = [];
        var at = 0;
        while (at < inner.Length && !string.IsNullOrWhiteSpace(inner[at..]))
        {
            var match = One().Match(inner, at);
            if (!match.Success)
            {
                throw new FormatException($"\"{text}\" is no matcher: expected NAME=\"VALUE\", !=, =~ or !~");
            }

            var value = match.Groups["quoted"].Success ? Unescape(match.Groups["quoted"].Value) : match.Groups["plain"].Value.Trim();
            matchers.Add(Of(match.Groups["name"].Value, match.Groups["sign"].Value, value));
            at = match.Index + match.Length;
        }

        return matchers.Count > 0 ? matchers : throw new FormatException($"\"{text}\" has no matcher");
    }

    /// <summary>Reads matchers; null if the text is none.</summary>
    public static IReadOnlyList<LabelMatcher>? TryParse(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Creates a matcher.</summary>
    /// <param name="name">The label.</param>
    /// <param name="sign"><c>=</c>, <c>!=</c>, <c>=~</c> or <c>!~</c>.</param>
    /// <param name="value">The value, or a pattern in RE2's syntax that matches the whole value.</param>
    /// <exception cref="FormatException">The pattern is invalid.</exception>
    public static LabelMatcher Of(string name, string sign, string value)
    {
        try
        {
            return new LabelMatcher(name, sign switch { "=" => LabelMatch.Equal, "!=" => LabelMatch.NotEqual, "=~" => LabelMatch.Matches, _ => LabelMatch.DoesNotMatch }, value);
        }
        catch (PromQlException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>Formats matchers as <see cref="Parse"/> reads them.</summary>
    public static string Format(IEnumerable<LabelMatcher> matchers) => string.Join(",", matchers.Select(matcher => $"{matcher.Name}{Sign(matcher)}\"{Escape(matcher.Value)}\""));

    static string Sign(LabelMatcher matcher) =>
        matcher.Match switch { LabelMatch.Equal => "=", LabelMatch.NotEqual => "!=", LabelMatch.Matches => "=~", _ => "!~" };

    static string Escape(string text) => text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    static string Unescape(string text) => Escaped().Replace(text, match => match.Value[1] == 'n' ? "\n" : match.Value[1..]);

    [GeneratedRegex(@"\\.", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escaped();

    [GeneratedRegex("""\G\s*(?<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*(?<sign>=~|!~|!=|=)\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^",{}]*))\s*(?:,|$)""",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex One();
}
