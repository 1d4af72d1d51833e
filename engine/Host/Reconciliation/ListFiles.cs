namespace CartRecovery.Host.Reconciliation;

/// <summary>The lists in a store's folder: <c>*.csv</c>, <c>*.ndjson</c> and <c>*.json</c>. Links, pipes and empty files are left alone.</summary>
static class ListFiles
{
    /// <summary>The ends of names: being compared, compared, and could not be read.</summary>
    public const string Taken = ".taken", Done = ".done", Failed = ".failed";

    /// <summary>Lists files to compare, also those that an interrupted run has taken.</summary>
    public static IReadOnlyList<string> In(string folder) => [.. Regular(folder).Select(file => file.FullName).Where(file => IsList(WithoutEnd(file, Taken)))];

    /// <summary>Takes a file.</summary>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be renamed.</exception>
    public static ListFile Take(string file)
    {
        var original = WithoutEnd(file, Taken);
        File.Move(file, original + Taken, overwrite: true);
        return new ListFile(original);
    }

    /// <summary>Deletes lists that were compared, or could not be read, before a time: they have personal data.</summary>
    /// <exception cref="IOException">One cannot be deleted.</exception>
    public static void DeleteProcessed(string folder, DateTime before)
    {
        foreach (var file in Regular(folder).Where(file => file.LastWriteTimeUtc < before && (IsList(WithoutEnd(file.Name, Done)) || IsList(WithoutEnd(file.Name, Failed)))
            && !IsList(file.Name)).ToArray())
        {
            file.Delete();
        }
    }

    // A pipe has no length, and would never be read to its end.
    static IEnumerable<FileInfo> Regular(string folder) => Directory.Exists(folder)
        ? new DirectoryInfo(folder).EnumerateFiles().Where(file => file is { LinkTarget: null, Length: > 0 }) : [];

    static bool IsList(string name) => Path.GetExtension(name).ToLowerInvariant() is ".csv" or ".ndjson" or ".json";

    static string WithoutEnd(string name, string end) => name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : name;
}
