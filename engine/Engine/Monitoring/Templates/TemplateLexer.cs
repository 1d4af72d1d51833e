using System.Globalization;
using System.Text;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>Splits a template into text and actions, and an action into tokens. The syntax is that of Go's <c>text/template</c>.</summary>
static class TemplateLexer
{
    /// <summary>Splits a template.</summary>
    /// <returns>Texts, and the insides of actions without their braces, with their lines from 1; comments are left out.</returns>
    /// <exception cref="TemplateException">An action has no end.</exception>
    public static IReadOnlyList<(string Text, bool IsAction, int Line)> Split(string template)
    {
        var parts = new List<(string, bool, int)>();
        var (at, line) = (0, 1);
        var trims = false;
        while (at < template.Length)
        {
            var open = template.IndexOf("{{", at, StringComparison.Ordinal);
            var text = open < 0 ? template[at..] : template[at..open];
            text = trims ? text.TrimStart() : text;
            if (open < 0)
            {
                Add(text);
                break;
            }

            var start = open + 2;
            if (start + 1 < template.Length && template[start] == '-' && char.IsWhiteSpace(template[start + 1]))
            {
                text = text.TrimEnd();
                start++;
            }

            Add(text);
            line += template.AsSpan(at, open - at).Count('\n');
            var close = End(template, start, line);
            var inside = template[start..close];
            trims = inside.Length > 1 && inside[^1] == '-' && char.IsWhiteSpace(inside[^2]);
            inside = (trims ? inside[..^1] : inside).Trim();
            if (!inside.StartsWith("/*", StringComparison.Ordinal))
            {
                parts.Add((inside, true, line));
            }

            line += template.AsSpan(open, close - open).Count('\n');
            at = close + 2;
        }

        return parts;

        void Add(string text)
        {
            if (text.Length > 0)
            {
                parts.Add((text, false, line));
            }
        }
    }

    /// <summary>Splits an action into tokens. A text constant starts with a quotation mark and is unescaped already.</summary>
    /// <exception cref="TemplateException">A character is not expected.</exception>
    public static List<string> Tokens(string action)
    {
        var tokens = new List<string>();
        var i = 0;
        while (i < action.Length)
        {
            var c = action[i];
            if (char.IsWhiteSpace(c))
            {
                // Fields of a value follow it without a space: ".a .b" are two arguments.
                tokens.Add(" ");
                while (i < action.Length && char.IsWhiteSpace(action[i]))
                {
                    i++;
                }
            }
            else if (c is '"' or '`')
            {
                tokens.Add(Text(action, ref i));
            }
            else if (c is '(' or ')' or '|' or ',' or '=')
            {
                tokens.Add(c.ToString());
                i++;
            }
            else if (c == ':' && i + 1 < action.Length && action[i + 1] == '=')
            {
                tokens.Add(":=");
                i += 2;
            }
            else
            {
                var start = i;
                i += c is '.' or '$' or '-' or '+' ? 1 : 0;
                while (i < action.Length && (char.IsLetterOrDigit(action[i]) || action[i] == '_' || (action[i] == '.' && IsNumber(action[start..i]))
                    || (action[i] is '-' or '+' && action[i - 1] is 'e' or 'E' && char.IsDigit(action[start]))))
                {
                    i++;
                }

                if (i == start)
                {
                    throw new TemplateException($"unexpected character '{c}' in action \"{action}\"");
                }

                tokens.Add(action[start..i]);
            }
        }

        return tokens;
    }

    static bool IsNumber(string text) => text.Length > 0 && char.IsDigit(text[^1]) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    // The action's end is not within a text.
    static int End(string template, int start, int line)
    {
        try
        {
            return End(template, start);
        }
        catch (TemplateException e)
        {
            throw new TemplateException(e.Message) { Line = line };
        }
    }

    static int End(string template, int start)
    {
        if (template.AsSpan(start).TrimStart().StartsWith("/*"))
        {
            var comment = template.IndexOf("*/", start, StringComparison.Ordinal);
            var end = comment < 0 ? -1 : template.IndexOf("}}", comment, StringComparison.Ordinal);
            return end < 0 ? throw new TemplateException("unclosed comment") : end;
        }

        for (var i = start; i < template.Length; i++)
        {
            if (template[i] is '"' or '`')
            {
                Text(template, ref i);
                i--;
            }
            else if (template[i] == '}' && i + 1 < template.Length && template[i + 1] == '}')
            {
                return i;
            }
        }

        throw new TemplateException("unclosed action: expected \"}}\"");
    }

    static string Text(string action, ref int i)
    {
        var quote = action[i++];
        var text = new StringBuilder("\"");
        while (i < action.Length && action[i] != quote)
        {
            if (quote == '"' && action[i] == '\\' && i + 1 < action.Length)
            {
                text.Append(action[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
            }
            else
            {
                text.Append(action[i]);
            }

            i++;
        }

        if (i >= action.Length)
        {
            throw new TemplateException("unterminated quoted string");
        }

        i++;
        return text.ToString();
    }
}
