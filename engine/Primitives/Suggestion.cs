namespace CartRecovery.Primitives;

/// <summary>Suggests known names for a misspelt one.</summary>
public static class Suggestion
{
    const int FewEnoughToList = 12;

    /// <summary>Finds the nearest known name within about one error per three letters; null if there is none.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        var allowed = Math.Max(1, name.Length / 3);
        return known.Select(candidate => (candidate, distance: Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .Where(pair => pair.distance <= allowed && pair.distance < pair.candidate.Length)
            .OrderBy(pair => pair.distance)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    /// <summary>Formats the end of a message about an unknown name: the suggestion, or else the known names if they are few.</summary>
    public static string Hint(string name, IReadOnlyCollection<string> known) =>
        Find(name, known) is { } near ? $", did you mean '{near}'?"
        : known.Count == 0 ? ""
        : known.Count <= FewEnoughToList ? $"; known: {string.Join(", ", known)}"
        : "";

    /// <summary>Computes the edit distance: insertions, deletions, replacements and swaps of neighbours.</summary>
    static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                var best = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    best = Math.Min(best, rows[i - 2, j - 2] + 1);
                }

                rows[i, j] = best;
            }
        }
        return rows[a.Length, b.Length];
    }
}
