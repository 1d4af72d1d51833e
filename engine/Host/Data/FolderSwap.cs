using System.Globalization;
using System.Text;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Migration;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Data;

/// <summary>
/// Replaces a data folder's journals, checkpoints and records by others that were prepared beside them. They are prepared in
/// <c>next.tmp</c>, which a start deletes. Renamed to <c>next</c> they count, and every start moves what is left of them into place. The
/// former journals go to <c>archive</c>, a data folder of its own for <c>replay</c> and <c>export</c>.
/// </summary>
static class FolderSwap
{
    const string Next = "next";
    const string Draft = "next.tmp";

    /// <summary>The name of the folder of former journals.</summary>
    public const string Archive = "archive";

    /// <summary>The name of the file beside the prepared state that maps former keys to new ones.</summary>
    public const string Keys = "keys.db";

    /// <summary>Creates the folder to prepare the next state in.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static FolderFiles Prepare(string path)
    {
        var draft = Path.Combine(path, Draft);
        Delete(draft);
        Directory.CreateDirectory(draft);
        return new FolderFiles(draft);
    }

    /// <summary>Makes the prepared state count. <see cref="Resume"/> moves it into place.</summary>
    /// <param name="path">The data folder.</param>
    /// <param name="format">The format of the prepared state.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    public static void Commit(string path, FolderFormat format)
    {
        var draft = Path.Combine(path, Draft);
        var archive = Path.Combine(path, Archive);
        var number = 1 + (Directory.Exists(archive) ? Directory.EnumerateDirectories(archive).Max(NumberOf) ?? 0 : 0);
        DurableFile.Write(Path.Combine(draft, Archive), Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
        format.Write(draft);
        Directory.Move(draft, Path.Combine(path, Next));
        FolderSync.Flush(path);
    }

    /// <summary>Moves what <see cref="Commit"/> made count into place. Does nothing if there is nothing. Repeatable.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public static void Resume(string path)
    {
        Delete(Path.Combine(path, Draft));
        var (next, now) = (new FolderFiles(Path.Combine(path, Next)), new FolderFiles(path));
        if (!Directory.Exists(next.Root))
        {
            return;
        }

        if (File.Exists(Path.Combine(next.Root, FolderFormat.Name)))
        {
            var archive = Path.Combine(path, Archive, File.ReadAllText(Path.Combine(next.Root, Archive)));
            using (var journeys = new JourneyStore(now.Database))
            {
                var keys = Path.Combine(next.Root, Keys);
                journeys.Repartition(File.Exists(keys) ? keys : null);
            }

            Directory.CreateDirectory(archive);
            foreach (var file in new[] { FolderFormat.Name, StoreNumbersFile.Name, CampaignNumbering.Name, "secret" }.Where(
                file => File.Exists(Path.Combine(path, file))))
            {
                DurableFile.Write(Path.Combine(archive, file), File.ReadAllBytes(Path.Combine(path, file)));
            }

            Replace(next.Journals, now.Journals, former => Move(former, new FolderFiles(archive).Journals));
            Replace(next.Checkpoints, now.Checkpoints, Delete);
            Replace(next.Stores, now.Stores, Delete);
            File.Move(Path.Combine(next.Root, FolderFormat.Name), Path.Combine(path, FolderFormat.Name), overwrite: true);
            FolderSync.Flush(path);
        }

        Delete(next.Root);
    }

    /// <summary>Reads the format of prepared state that is decided but not in place yet. The next <see cref="DataFolder.Open"/> moves it there.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    /// <exception cref="DataFolderException">The folder has the layout of another version.</exception>
    public static FolderFormat? ReadPending(string path) => File.Exists(Path.Combine(path, Next, FolderFormat.Name)) ? FolderFormat.Read(Path.Combine(path, Next)) : null;

    /// <summary>Deletes archived journals that nothing was written to for some time.</summary>
    /// <exception cref="IOException">One cannot be deleted.</exception>
    public static void DeleteArchives(string path, DateTime before)
    {
        var archive = Path.Combine(path, Archive);
        foreach (var folder in Directory.Exists(archive) ? Directory.GetDirectories(archive) : [])
        {
            if (Directory.EnumerateFiles(folder, "*.journal", SearchOption.AllDirectories)
                .All(file => File.GetLastWriteTimeUtc(file) < before))
            {
                Delete(folder);
            }
        }
    }

    /// <summary>Returns the archived journals.</summary>
    /// <exception cref="IOException">The archive cannot be read.</exception>
    public static IReadOnlyList<ArchivedJournal> ArchivedJournals(string path)
    {
        var archive = Path.Combine(path, Archive);
        return [.. (Directory.Exists(archive) ? Directory.GetDirectories(archive) : [])
            .Where(folder => FolderFormat.Read(folder) is not null)
            .SelectMany(folder => Enumerable.Range(0, FolderFormat.Read(folder)!.Value.Partitions).Select(index => new ArchivedJournal(
                () => new FileJournalDevice(new FolderFiles(folder).JournalOf(index), readOnly: true),
                FolderFormat.Read(folder)!.Value.Layout)))];
    }

    static void Replace(string next, string now, Action<string> retire)
    {
        if (!Directory.Exists(next))
        {
            return;
        }

        if (Directory.Exists(now))
        {
            retire(now);
        }

        Move(next, now);
    }

    static void Move(string from, string to)
    {
        Directory.Move(from, to);
        FolderSync.Flush(Path.GetDirectoryName(from)!);
        FolderSync.Flush(Path.GetDirectoryName(to)!);
    }

    static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static int? NumberOf(string folder) =>
        int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : null;
}
