using System.Text;
using System.Text.RegularExpressions;

namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>
/// Compiles RE2 patterns with .NET's automaton engine, which has no backtracking either. Where the two syntaxes differ (ASCII classes,
/// named groups, POSIX classes) the pattern is rewritten; what the automaton does not have (look-around, back-references) RE2 refuses too.
/// </summary>
public static class Re2Pattern
{
    /// <summary>Compiles a pattern that matches whole values.</summary>
    /// <exception cref="PromQlException">The pattern is invalid.</exception>
    public static Regex Compile(string pattern)
    {
        try
        {
            return new Regex($@"\A(?:{Rewrite(pattern)})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new PromQlException(PromQlError.BadData, $"error parsing regexp \"{pattern}\": {e.Message}");
        }
    }

    static string Rewrite(string pattern)
    {
        var text = new StringBuilder(pattern.Length);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                text.Append(Escape(pattern[++i], inClass));
            }
            else if (!inClass && c == '(' && pattern.AsSpan(i).StartsWith("(?P<"))
            {
                text.Append("(?<");
                i += 3;
            }
            else if (inClass && c == '[' && pattern.AsSpan(i).StartsWith("[:") && pattern.IndexOf(":]", i, StringComparison.Ordinal) is > 0 and var end)
            {
                text.Append(Posix(pattern[(i + 2)..end]));
                i = end + 1;
            }
            else if (inClass && c == '[')
            {
                text.Append("\\[");
            }
            else if (!inClass && c == '[')
            {
                inClass = true;
                text.Append(c);

                // A bracket that comes first is a member.
                if (pattern.AsSpan(i + 1).StartsWith("^"))
                {
                    text.Append('^');
                    i++;
                }

                if (pattern.AsSpan(i + 1).StartsWith("]"))
                {
                    text.Append("\\]");
                    i++;
                }
            }
            else
            {
                inClass &= c != ']';
                text.Append(!inClass && c == '$' ? "\\z" : c);
            }
        }

        return text.ToString();
    }

    static string Escape(char c, bool inClass) => (c, inClass) switch
    {
        ('d', true) => "0-9",
        ('w', true) => "0-9A-Za-z_",
        ('s', true) => "\\t\\n\\f\\r ",
        ('d', false) => "[0-9]",
        ('w', false) => "[0-9A-Za-z_]",
        ('s', false) => "[\\t\\n\\f\\r ]",
        ('D', false) => "[^0-9]",
        ('W', false) => "[^0-9A-Za-z_]",
        ('S', false) => "[^\\t\\n\\f\\r ]",
        _ => "\\" + c,
    };

    static string Posix(string name) => name switch
    {
        "alpha" => "A-Za-z",
        "digit" => "0-9",
        "alnum" => "0-9A-Za-z",
        "upper" => "A-Z",
        "lower" => "a-z",
        "word" => "0-9A-Za-z_",
        "space" => "\\t\\n\\v\\f\\r ",
        "blank" => "\\t ",
        "xdigit" => "0-9A-Fa-f",
        "punct" => "!-/:-@\\[-`{-~",
        _ => throw new ArgumentException($"invalid character class range: [:{name}:]"),
    };
}
