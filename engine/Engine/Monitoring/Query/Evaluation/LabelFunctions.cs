using System.Text;
using System.Text.RegularExpressions;

namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>The functions that change labels.</summary>
static class LabelFunctions
{
    /// <summary>Sets a label from a pattern's groups; a series whose source label does not match stays as it is.</summary>
    public static SeriesLabels Replace(SeriesLabels labels, string target, string replacement, string source, Regex pattern)
    {
        var match = pattern.Match(labels[source]);
        return match.Success ? labels.With(target, Expand(replacement, match)) : labels;
    }

    /// <summary>Whether a text is a label's name.</summary>
    public static bool IsName(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    // Go's templates: $1, $name, ${name}, $$. The longest name counts: $1x is a group named 1x.
    static string Expand(string template, Match match)
    {
        var text = new StringBuilder();
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '$')
            {
                text.Append(template[i]);
                continue;
            }

            if (template.AsSpan(i + 1).StartsWith("$"))
            {
                text.Append('$');
                i++;
                continue;
            }

            var isBraced = template.AsSpan(i + 1).StartsWith("{");
            var start = i + (isBraced ? 2 : 1);
            var end = start;
            while (end < template.Length && (char.IsLetterOrDigit(template[end]) || template[end] == '_'))
            {
                end++;
            }

            if (end == start || (isBraced && (end >= template.Length || template[end] != '}')))
            {
                text.Append('$');
                continue;
            }

            text.Append(match.Groups[template[start..end]].Value);
            i = isBraced ? end : end - 1;
        }

        return text.ToString();
    }
}
