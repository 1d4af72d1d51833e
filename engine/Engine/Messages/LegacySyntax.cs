using System.Text;
using System.Text.RegularExpressions;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// Translates the older syntax to Liquid: <c>{{cart_value}}</c>, and <c>{{#lines}}…{{/lines}}</c>, which repeats its contents per
/// product. Translates only tags that contain nothing but an old name.
/// </summary>
sealed partial class LegacySyntax
{
    const string Begin = "{% for line in cart.lines %}", End = "{% endfor %}";

    // The positions of each replacement in the new and the old text.
    readonly List<(int New, int NewEnd, int Old, int OldEnd)> _moved = [];

    LegacySyntax(string text) => Text = text;

    /// <summary>The old names and the expressions that replace them.</summary>
    public static IReadOnlyDictionary<string, string> Names { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["item_count"] = "cart.item_count",
        ["cart_value"] = "cart.total | amount",
        ["currency"] = "cart.currency",
        ["discount"] = "offer.discount_percent | plus: 0",
        ["code"] = "offer.code",
        ["cart_id"] = "cart.id",
        ["store_id"] = "store.id",
        ["restore_url"] = "links.cart",
        ["unsubscribe_url"] = "links.unsubscribe",
        ["line_name"] = "line.name",
        ["line_quantity"] = "line.quantity",
        ["line_value"] = "line.total | amount",
        ["line_url"] = "line.url",
        ["line_image"] = "line.image",
    };

    /// <summary>Text in Liquid.</summary>
    public string Text { get; private set; }

    /// <summary>Translates a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problems">Receives unclosed and unknown sections.</param>
    public static LegacySyntax Translate(string text, List<TemplateProblem> problems)
    {
        var result = new LegacySyntax(text);
        if (!text.Contains("{{", StringComparison.Ordinal))
        {
            return result;
        }

        var output = new StringBuilder(text.Length + 64);
        var from = 0;
        Match? section = null;
        foreach (Match tag in Tag().Matches(text))
        {
            var name = tag.Groups["name"].Value;
            var replacement = name switch
            {
                "#lines" when section is null => Begin,
                "/lines" when section is not null => End,
                ['#' or '/', ..] => null,
                _ => Names.TryGetValue(name, out var expression) && !IsDefined(text, name) ? $"{{{{ {expression} }}}}" : tag.Value,
            };
            if (replacement is null)
            {
                var expected = section is null ? "{{#lines}}" : "{{/lines}}";
                problems.Add(new TemplateProblem(tag.Index, $"'{{{{{name}}}}}' where only '{expected}' can be"));
                replacement = "";
            }

            section = replacement == Begin ? tag : replacement == End ? null : section;
            output.Append(text, from, tag.Index - from);
            if (replacement != tag.Value)
            {
                result._moved.Add((output.Length, output.Length + replacement.Length, tag.Index, tag.Index + tag.Length));
            }

            output.Append(replacement);
            from = tag.Index + tag.Length;
        }

        if (section is not null)
        {
            problems.Add(new TemplateProblem(section.Index, "'{{#lines}}' without '{{/lines}}'"));
        }

        result.Text = output.Append(text, from, text.Length - from).ToString();
        return result;
    }

    /// <summary>Maps a position in the new text to the old one.</summary>
    public int PlaceOf(int offset)
    {
        var moved = 0;
        foreach (var (start, end, oldStart, oldEnd) in _moved)
        {
            if (offset < start)
            {
                break;
            }

            if (offset < end)
            {
                return oldStart;
            }

            moved = oldEnd - end;
        }

        return offset + moved;
    }

    /// <summary>Returns the old tag at a position in the new text; <see langword="null"/> if it was not translated.</summary>
    public string? TagOf(int offset, string text)
    {
        var found = _moved.Find(moved => moved.New <= offset && offset < moved.NewEnd);
        return found == default ? null : text[found.Old..found.OldEnd];
    }

    // A variable defined by the template takes precedence over an old name.
    static bool IsDefined(string text, string name) =>
        text.Contains("{%", StringComparison.Ordinal) && Definition().Matches(text).Any(match => match.Groups["name"].Value == name);

    [GeneratedRegex(@"\{\{\s*(?<name>[#/]?[A-Za-z_]\w*)\s*\}\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\{%-?\s*(assign|capture|for|tablerow|increment|decrement)\s+(?<name>[A-Za-z_][\w-]*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Definition();
}
