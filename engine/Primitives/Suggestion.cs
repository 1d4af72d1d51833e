namespace CartRecovery.Primitives;

/// <summary>Suggests known names for a misspelt one.</summary>
public static class Suggestion
{
    const int MaxListed = 12;

    /// <summary>Finds the nearest known name within about one error per three letters; null if there is none.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        var allowed = Math.Max(1, name.Length / 3);
        return known.Select(candidate => (candidate, distance: EditDistance.Of(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .Where(pair => pair.distance <= allowed && pair.distance < pair.candidate.Length)
            .OrderBy(pair => pair.distance)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    /// <summary>Formats the end of a message about an unknown name: the suggestion, or else the known names if they are few.</summary>
    public static string Hint(string name, IReadOnlyCollection<string> known) =>
        Find(name, known) is { } near ? $", did you mean '{near}'?"
        : known.Count == 0 ? ""
        : known.Count <= MaxListed ? $"; known: {string.Join(", ", known)}"
        : "";
}
