using System.Text;

namespace CartRecovery.Contracts;

/// <summary>Splits a text into words: spaces separate them, double quotes hold spaces together. There are no escapes or substitutions.</summary>
static class Words
{
    /// <summary>Splits a text into words; <see langword="null"/> if a quote is not closed.</summary>
    public static IReadOnlyList<string>? Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quoted, begun) = (false, false);
        foreach (var c in text)
        {
            if (c == '"')
            {
                quoted = !quoted;
                begun = true;
            }
            else if (quoted || !char.IsWhiteSpace(c))
            {
                word.Append(c);
                begun = true;
            }
            else if (begun)
            {
                words.Add(word.ToString());
                word.Clear();
                begun = false;
            }
        }

        if (begun)
        {
            words.Add(word.ToString());
        }

        return quoted ? null : words;
    }
}
