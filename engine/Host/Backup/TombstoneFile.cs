using System.Text;
using CartRecovery.Engine.Privacy;

namespace CartRecovery.Host.Backup;

/// <summary>
/// The format of the file with tombstones that is kept beside backups, and that a restore leaves in the data folder: people who are erased, as keyed hashes.
/// A restored control database lacks those who were erased after its backup.
/// </summary>
static class TombstoneFile
{
    /// <summary>The name of the file in a restored data folder. The engine's next start applies and deletes it.</summary>
    public const string Restored = "restored";

    const int HashBytes = 16;
    static readonly byte[] s_magic = "CRTOMBS1"u8.ToArray();

    /// <summary>Encodes tombstones.</summary>
    public static byte[] Write(IReadOnlyCollection<Tombstone> tombstones)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(s_magic);
            writer.Write(tombstones.Count);
            foreach (var tombstone in tombstones)
            {
                writer.Write(tombstone.Store);
                writer.Write(tombstone.Person);
                writer.Write(tombstone.At.ToUnixTimeMilliseconds());
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Decodes tombstones.</summary>
    /// <param name="bytes">The contents of the file.</param>
    /// <param name="path">The file, for the message.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static IReadOnlyList<Tombstone> Read(byte[] bytes, string path)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            if (reader.ReadBytes(s_magic.Length).AsSpan().SequenceEqual(s_magic) && reader.ReadInt32() is >= 0 and <= Tombstones.Max and var count)
            {
                var tombstones = new List<Tombstone>();
                for (var i = 0; i < count; i++)
                {
                    tombstones.Add(new Tombstone(reader.ReadString(), reader.ReadBytes(HashBytes), DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64())));
                }

                return tombstones;
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw Damaged(path, e);
        }

        throw Damaged(path, cause: null);
    }

    static InvalidDataException Damaged(string path, Exception? cause) => new(
        $"{path} is damaged, so the people who were forgotten after the backup are unknown. Delete it to go on, then request their erasures again", cause);
}
