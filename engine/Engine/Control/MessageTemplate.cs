namespace CartRecovery.Engine.Control;

/// <summary>A campaign's text, cut at its variables: <c>Your {{item_count}} items</c>.</summary>
public sealed class MessageTemplate
{
    MessageTemplate(IReadOnlyList<Part> parts) => Parts = parts;

    /// <summary>The text's parts, in order.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>Cuts the text. Spaces inside the braces do not count.</summary>
    /// <exception cref="FormatException">A <c>{{</c> has no <c>}}</c>.</exception>
    public static MessageTemplate Parse(string text)
    {
        var parts = new List<Part>();
        for (var from = 0; from < text.Length;)
        {
            var open = text.IndexOf("{{", from, StringComparison.Ordinal);
            if (open != from)
                parts.Add(new Part(IsVariable: false, open < 0 ? text[from..] : text[from..open]));
            if (open < 0)
                break;
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                throw new FormatException("'{{' without '}}'");
            parts.Add(new Part(IsVariable: true, text[(open + 2)..close].Trim()));
            from = close + 2;
        }
        return new MessageTemplate(parts);
    }

    /// <summary>A piece of a template.</summary>
    /// <param name="IsVariable">It stands for a value.</param>
    /// <param name="Text">The variable's name, or the text itself.</param>
    public readonly record struct Part(bool IsVariable, string Text);
}
