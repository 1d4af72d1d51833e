using System.Text;

namespace CartRecovery.Plugins;

/// <summary>Takes a command apart: words are separated by spaces, unless in double quotes. No shell, and nothing is substituted.</summary>
static class CommandWords
{
    /// <summary>The program and its arguments; <see langword="null"/> where a quote does not end, or there is nothing.</summary>
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
            words.Add(word.ToString());
        return quoted || words.Count == 0 || words[0].Length == 0 ? null : words;
    }
}
