using System.Globalization;
using System.Text.Json;

namespace CartRecovery.Primitives;

/// <summary>
/// A path into a JSON document, a part of RFC 9535: <c>$.a.b</c>, <c>$['a b']</c>, <c>$[0]</c>, <c>$[-1]</c> and <c>$.items[*].price</c>.
/// </summary>
public sealed class JsonPath
{
    readonly List<(string? Name, int Index, bool IsAll)> _steps = [];

    JsonPath()
    {
    }

    /// <summary>Parses a path.</summary>
    /// <exception cref="FormatException">The text is none; the message says why.</exception>
    public static JsonPath Parse(string text)
    {
        if (text.Length == 0 || text[0] != '$')
        {
            throw new FormatException("a path begins with $");
        }

        var path = new JsonPath();
        for (var at = 1; at < text.Length;)
        {
            at = text[at] switch
            {
                '.' => path.AddName(text, at + 1),
                '[' => path.AddBracket(text, at + 1),
                _ => throw new FormatException($"expected . or [ at character {at + 1}"),
            };
        }

        return path;
    }

    /// <summary>Selects the values.</summary>
    public IEnumerable<JsonElement> Select(JsonElement root)
    {
        IEnumerable<JsonElement> found = [root];
        foreach (var step in _steps)
        {
            found = found.SelectMany(element => Children(element, step));
        }

        return found;
    }

    static IEnumerable<JsonElement> Children(JsonElement element, (string? Name, int Index, bool IsAll) step)
    {
        if (step.IsAll)
        {
            return element.ValueKind switch
            {
                JsonValueKind.Array => element.EnumerateArray(),
                JsonValueKind.Object => element.EnumerateObject().Select(property => property.Value),
                _ => [],
            };
        }

        if (step.Name is { } name)
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) ? [child] : [];
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        var index = step.Index < 0 ? element.GetArrayLength() + step.Index : step.Index;
        return index >= 0 && index < element.GetArrayLength() ? [element[index]] : [];
    }

    int AddName(string text, int at)
    {
        var end = text.AsSpan(at).IndexOfAny('.', '[');
        end = end < 0 ? text.Length : at + end;
        if (end == at)
        {
            throw new FormatException($"expected a name at character {at + 1}");
        }

        _steps.Add(text[at..end] == "*" ? (null, 0, true) : (text[at..end], 0, false));
        return end;
    }

    int AddBracket(string text, int at)
    {
        if (at < text.Length && text[at] is '\'' or '"')
        {
            var close = text.IndexOf($"{text[at]}]", at + 1, StringComparison.Ordinal);
            if (close < 0)
            {
                throw new FormatException($"expected {text[at]}] after character {at + 1}");
            }

            _steps.Add((text[(at + 1)..close], 0, false));
            return close + 2;
        }

        var end = text.IndexOf(']', at);
        var inner = end < 0 ? "" : text[at..end];
        if (inner == "*")
        {
            _steps.Add((null, 0, true));
        }
        else if (int.TryParse(inner, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            _steps.Add((null, index, false));
        }
        else
        {
            throw new FormatException($"expected a number, * or a quoted name at character {at + 1}");
        }

        return end + 1;
    }
}
