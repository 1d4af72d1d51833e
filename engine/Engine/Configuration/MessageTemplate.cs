namespace CartRecovery.Engine.Configuration;

/// <summary>
/// A text of a campaign, cut at its variables: <c>Your {{item_count}} items</c>. What stands between <c>{{#lines}}</c> and
/// <c>{{/lines}}</c> is repeated for each product in the cart.
/// </summary>
public sealed class MessageTemplate
{
    /// <summary>The one section there is.</summary>
    public const string Lines = "lines";

    MessageTemplate(IReadOnlyList<Part> parts) => Parts = parts;

    /// <summary>The text's parts, in order.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>Cuts the text. Spaces inside the braces do not count.</summary>
    /// <exception cref="FormatException">A <c>{{</c> has no <c>}}</c>, or a section has no end or no beginning; the message says which.</exception>
    public static MessageTemplate Parse(string text)
    {
        var parts = new List<Part>();
        var inLines = false;
        for (var from = 0; from < text.Length;)
        {
            var open = text.IndexOf("{{", from, StringComparison.Ordinal);
            if (open != from)
                parts.Add(new Part(PartKind.Text, open < 0 ? text[from..] : text[from..open], inLines));
            if (open < 0)
                break;
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                throw new FormatException("'{{' without '}}'");
            var part = PartOf(text[(open + 2)..close].Trim(), inLines);
            inLines = part.Kind == PartKind.Begin || (inLines && part.Kind != PartKind.End);
            parts.Add(part);
            from = close + 2;
        }
        return inLines ? throw new FormatException("'{{#lines}}' without '{{/lines}}'") : new MessageTemplate(parts);
    }

    static Part PartOf(string name, bool inLines) => (name, inLines) switch
    {
        ("#" + Lines, false) => new Part(PartKind.Begin, Lines, InLines: false),
        ("/" + Lines, true) => new Part(PartKind.End, Lines, InLines: false),
        (['#' or '/', ..], _) => throw new FormatException($"'{{{{{name}}}}}' where only '{{{{{(inLines ? "/" : "#")}lines}}}}' can be"),
        _ => new Part(PartKind.Variable, name, inLines),
    };

    /// <summary>What a piece is.</summary>
    public enum PartKind
    {
        /// <summary>The text itself.</summary>
        Text,

        /// <summary>It stands for a value.</summary>
        Variable,

        /// <summary>The cart's products begin.</summary>
        Begin,

        /// <summary>They end.</summary>
        End,
    }

    /// <summary>A piece of a template.</summary>
    /// <param name="Kind">What it is.</param>
    /// <param name="Text">The variable's name, or the text itself.</param>
    /// <param name="InLines">It is repeated for each product.</param>
    public readonly record struct Part(PartKind Kind, string Text, bool InLines);
}
