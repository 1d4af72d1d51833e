namespace CartRecovery.Engine.Scoring;

/// <summary>What someone may have meant by a name that is not known.</summary>
internal static class NearestName
{
    /// <summary>The known name with the fewest edits, or <see langword="null"/> where none is within a third of the name's length.</summary>
    internal static string? Find(string name, IReadOnlyList<string> known)
    {
        string? nearest = null;
        var fewest = Math.Max(2, name.Length / 3) + 1;
        foreach (var candidate in known)
        {
            var edits = Edits(name, candidate);
            if (edits >= fewest) continue;
            fewest = edits;
            nearest = candidate;
        }
        return nearest;
    }

    /// <summary>Levenshtein's distance: insertions, deletions and replacements from one to the other.</summary>
    private static int Edits(string from, string to)
    {
        var row = new int[to.Length + 1];
        for (var j = 0; j < row.Length; j++) row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
