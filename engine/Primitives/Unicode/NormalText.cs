using System.Text;

namespace CartRecovery.Primitives.Unicode;

/// <summary>
/// Normalises texts (Unicode Standard Annex #15). <see cref="string.Normalize()"/> leaves all texts as they are without ICU, which the
/// engine runs without. Thread-safe.
/// </summary>
public static class NormalText
{
    const int HangulFirst = 0xac00, HangulLast = 0xd7a3, LeadFirst = 0x1100, VowelFirst = 0x1161, TailFirst = 0x11a7;
    const int Leads = 19, Vowels = 21, Tails = 28;

    /// <summary>
    /// Returns a text in form NFKC: letters composed with their marks, and letters of another width or style as the usual ones. ASCII is
    /// returned as it is.
    /// </summary>
    public static string Compose(string text) => Ascii.IsValid(text) ? text : TextOf(Composed(Decomposed(text)));

    /// <summary>Returns a text in form NFKD: letters and their marks apart. ASCII is returned as it is.</summary>
    public static string Decompose(string text) => Ascii.IsValid(text) ? text : TextOf(Decomposed(text));

    static List<int> Decomposed(string text)
    {
        var codes = new List<int>(text.Length * 2);
        foreach (var rune in text.EnumerateRunes())
        {
            Append(codes, rune.Value);
        }

        // Marks of one letter in the order of their classes; equal ones keep theirs.
        for (var i = 1; i < codes.Count; i++)
        {
            var (code, order) = (codes[i], UnicodeTable.ClassOf(codes[i]));
            var at = i;
            for (; order > 0 && at > 0 && UnicodeTable.ClassOf(codes[at - 1]) > order; at--)
            {
                codes[at] = codes[at - 1];
            }

            codes[at] = code;
        }

        return codes;
    }

    static void Append(List<int> codes, int code)
    {
        if (code is >= HangulFirst and <= HangulLast)
        {
            var syllable = code - HangulFirst;
            codes.Add(LeadFirst + syllable / (Vowels * Tails));
            codes.Add(VowelFirst + syllable % (Vowels * Tails) / Tails);
            if (syllable % Tails > 0)
            {
                codes.Add(TailFirst + syllable % Tails);
            }
        }
        else if (UnicodeTable.PartsOf(code) is { } parts)
        {
            foreach (var part in parts)
            {
                Append(codes, part);
            }
        }
        else
        {
            codes.Add(code);
        }
    }

    static List<int> Composed(List<int> codes)
    {
        // The class of what stands between the letter and the next code; -1 for nothing. A mark of the same class, or another letter, keeps
        // them apart.
        var (composed, letter, between) = (new List<int>(codes.Count), -1, -1);
        foreach (var code in codes)
        {
            var order = UnicodeTable.ClassOf(code);
            if (letter >= 0 && between < order && Pair(composed[letter], code) is { } whole)
            {
                composed[letter] = whole;
                continue;
            }

            (letter, between) = order == 0 ? (composed.Count, -1) : (letter, order);
            composed.Add(code);
        }

        return composed;
    }

    static int? Pair(int first, int second) =>
        first is >= LeadFirst and < LeadFirst + Leads && second is >= VowelFirst and < VowelFirst + Vowels
            ? HangulFirst + ((first - LeadFirst) * Vowels + second - VowelFirst) * Tails
        : first is >= HangulFirst and <= HangulLast && (first - HangulFirst) % Tails == 0 && second is > TailFirst and < TailFirst + Tails
            ? first + second - TailFirst
        : UnicodeTable.WholeOf(first, second);

    static string TextOf(List<int> codes)
    {
        var text = new StringBuilder(codes.Count);
        foreach (var code in codes)
        {
            text.Append(new Rune(code));
        }

        return text.ToString();
    }
}
