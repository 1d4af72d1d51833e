using System.Globalization;
using System.Text;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Data;

/// <summary>
/// What a data folder's <c>format</c> file records: the layout's version, then a name and a value a line. Version 5 has keys that encrypt
/// personal data; version 4 has the stores' numbers; in version 3, records name a store by its place in the configuration.
/// </summary>
/// <param name="Partitions">Number of partitions.</param>
/// <param name="Segment">Length of a journal segment, in bytes.</param>
/// <param name="HasStoreNumbers"><see langword="false"/> if records name stores by their place in the configuration.</param>
/// <param name="HasKeyedIds"><see langword="false"/> if the keys of ids depend on no secret.</param>
readonly record struct FolderFormat(int Partitions, long Segment, bool HasStoreNumbers, bool HasKeyedIds)
{
    /// <summary>The current version.</summary>
    public const int Version = 5;

    /// <summary>The file's name.</summary>
    public const string Name = "format";

    // The oldest version that is taken over, the first with the stores' numbers, and the first with keys.
    const int OldestVersion = 3, NumberedVersion = 4, EncryptedVersion = 5;
    const string Keyed = "keyed", SealedAddresses = "sealed", Packed = "packed";

    /// <summary>Whether personal data is encrypted: <c>keys</c> must be there.</summary>
    public bool HasKeys { get; init; }

    /// <summary>
    /// Whether ids that are addresses are sealed: since the folder was created. A folder of an earlier version has them in the clear, where other ids would be other
    /// carts and customers.
    /// </summary>
    public bool HasSealedIds { get; init; }

    /// <summary>Whether longer ones are packed, so that they can be opened: since the folder was created. A folder of an earlier version hashes them.</summary>
    public bool PacksSealedIds { get; init; }

    /// <summary>The layout of the journals.</summary>
    public JournalLayout Layout => new(Segment, JournalLayout.StandardPage);

    /// <summary>Reads a folder's format without locking it.</summary>
    /// <returns>Null if the folder is empty or absent.</returns>
    /// <exception cref="DataFolderException">It has another version's layout.</exception>
    public static FolderFormat? Read(string path)
    {
        var file = Path.Combine(path, Name);
        if (!File.Exists(file))
        {
            return IsEmpty(path) ? null : throw WrongVersion(path, "1", "an older");
        }

        var lines = File.ReadAllLines(file);
        var version = lines.Length == 0 ? "" : lines[0].Trim();
        if (!(int.TryParse(version, CultureInfo.InvariantCulture, out var number) && number is >= OldestVersion and <= Version))
        {
            throw WrongVersion(path, version, number > Version ? "a later" : "an older");
        }

        var values = lines.Skip(1).Select(l => l.Split(' ', 2)).Where(l => l.Length == 2)
            .ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        return values.TryGetValue("partitions", out var partitions) && int.TryParse(partitions, CultureInfo.InvariantCulture, out var count)
            && values.TryGetValue("segment", out var segment) && long.TryParse(segment, CultureInfo.InvariantCulture, out var bytes)
            ? new FolderFormat(count, bytes, HasStoreNumbers: number >= NumberedVersion,
                HasKeyedIds: values.GetValueOrDefault("ids") == Keyed)
            {
                HasKeys = number >= EncryptedVersion,
                HasSealedIds = values.GetValueOrDefault("addresses") == SealedAddresses,
                PacksSealedIds = values.GetValueOrDefault("long-addresses") == Packed,
            }
            : throw WrongVersion(path, version, "an unknown");
    }

    /// <summary>Returns the secret that seals ids which are addresses; <see langword="null"/> if the folder has them in the clear, or without keys.</summary>
    public SealingSecret? SealingOf(KeyVault? keys) => HasSealedIds && keys is not null ? new SealingSecret(keys.Derive("sealed ids"), PacksSealedIds) : null;

    /// <summary>Replaces a folder's format atomically and durably.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path)
    {
        var file = Path.Combine(path, Name);
        var ids = (HasKeyedIds ? $"ids {Keyed}\n" : "") + (HasSealedIds ? $"addresses {SealedAddresses}\n" : "")
            + (PacksSealedIds ? $"long-addresses {Packed}\n" : "");
        DurableFile.Write(file, Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{(HasKeys ? EncryptedVersion : NumberedVersion)}\npartitions {Partitions}\nsegment {Segment}\n{ids}")));
    }

    static bool IsEmpty(string path) => !Directory.Exists(path)
        || !Directory.EnumerateFileSystemEntries(path).Any(e => Path.GetFileName(e) is var name
            && (name is "journal" or "checkpoints" || name.StartsWith("carts.", StringComparison.Ordinal)
                || name.StartsWith("customers.", StringComparison.Ordinal)));

    static DataFolderException WrongVersion(string path, string version, string which) => new("data_version",
        $"{path} was created by {which} version (format {version}, this version needs {Version}); nothing was changed. "
        + "Run the version that created it, or move the folder away to start empty");
}
