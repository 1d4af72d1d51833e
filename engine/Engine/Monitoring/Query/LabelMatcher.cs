using System.Text.RegularExpressions;

namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>The comparison of a <see cref="LabelMatcher"/>.</summary>
public enum LabelMatch
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>=~</c></summary>
    Matches,

    /// <summary><c>!~</c></summary>
    DoesNotMatch,
}

/// <summary>
/// A condition on one label. A label that a series does not have counts as empty. Patterns are RE2's, match the whole value, and run in
/// time linear in the value's length.
/// </summary>
public sealed class LabelMatcher
{
    readonly Regex? _pattern;
    readonly string[]? _choices;

    /// <summary>Creates a matcher.</summary>
    /// <exception cref="PromQlException">The pattern is invalid.</exception>
    public LabelMatcher(string name, LabelMatch match, string value)
    {
        Name = name;
        Match = match;
        Value = value;
        if (match is LabelMatch.Matches or LabelMatch.DoesNotMatch)
        {
            // "a|b|c", what dashboards send for a choice of many, needs no automaton.
            if (value.AsSpan().IndexOfAny("\\.+*?()[]{}^$\n") < 0)
            {
                _choices = value.Split('|');
            }
            else
            {
                _pattern = Re2Pattern.Compile(value);
            }
        }
    }

    /// <summary>The label's name.</summary>
    public string Name { get; }

    /// <summary>The comparison.</summary>
    public LabelMatch Match { get; }

    /// <summary>The value or pattern.</summary>
    public string Value { get; }

    /// <summary>Whether series without the label match.</summary>
    public bool MatchesEmpty => IsMatch("");

    /// <summary>Whether a label's value matches.</summary>
    public bool IsMatch(string value) => Match switch
    {
        LabelMatch.Equal => value == Value,
        LabelMatch.NotEqual => value != Value,
        LabelMatch.Matches => MatchesPattern(value),
        _ => !MatchesPattern(value),
    };

    /// <summary>Whether a series' label matches.</summary>
    public bool IsMatch(SeriesLabels labels) => IsMatch(labels[Name]);

    /// <summary>Formats as in a selector.</summary>
    public override string ToString()
    {
        var sign = Match switch { LabelMatch.Equal => "=", LabelMatch.NotEqual => "!=", LabelMatch.Matches => "=~", _ => "!~" };
        return $"{Name}{sign}\"{Value.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
    }

    bool MatchesPattern(string value) => _choices is not null ? Array.IndexOf(_choices, value) >= 0 : _pattern!.IsMatch(value);
}
