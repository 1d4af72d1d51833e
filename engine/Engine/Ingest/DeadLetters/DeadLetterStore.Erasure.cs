using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <content>The erasure of people.</content>
public sealed partial class DeadLetterStore
{
    const string FormerKeys = "former-keys";

    /// <summary>
    /// Blanks the letters that name a person. If there is one, all letters are encrypted anew and the former keys destroyed, so that nobody can read the
    /// former files in a backup either. Letters are neither appended nor marked meanwhile. A repeated call after a crash continues.
    /// </summary>
    /// <param name="store">The person's store.</param>
    /// <param name="names">Returns whether an event, as it was received, names the person.</param>
    /// <returns>The number of letters blanked.</returns>
    /// <exception cref="IOException">A file or a key cannot be written.</exception>
    public long Erase(string store, Func<byte[], bool> names)
    {
        lock (_gate)
        {
            // Finishes an erasure that a crash interrupted after it blanked the letters and before it destroyed the keys.
            var former = ReadFormerKeys();
            var blanked = Read(store: store).Where(letter => letter.Store == store && letter.Event.Length > 0 && names(letter.Event)).Select(letter => letter.Id).ToHashSet();
            if (blanked.Count == 0 && former.Count == 0)
            {
                return 0;
            }

            // First, so that a letter without its event is never offered for replay.
            _marks.Add([.. blanked.Select(id => (id, new DeadLetterMark(DeadLetterState.Dropped, _time.GetUtcNow().ToUnixTimeMilliseconds(), EventId: null)))]);
            _marks.Compact();

            (_key, _keyUses) = (null, 0);
            foreach (var group in _groups.Values)
            {
                group.Sync();
            }

            DeadLetterSegment[] segments = [.. _groups.Values.SelectMany(group => group.Segments).Where(segment => segment.Letters > 0)];
            former.UnionWith(segments.SelectMany(segment => DeadLetterFiles.Lines(segment.Path)).Select(line => DeadLetterLine.Read(line.Span) is null ? null : KeyNumberOf(line.Span)).OfType<long>());
            DurableFile.Write(FormerKeysPath, MemoryMarshal.AsBytes<long>(former.ToArray()));
            foreach (var segment in segments)
            {
                Rewrite(segment, blanked);
            }

            _keys?.Destroy(former);
            File.Delete(FormerKeysPath);
            return blanked.Count;
        }
    }

    string FormerKeysPath => Path.Combine(_folder, FormerKeys);

    HashSet<long> ReadFormerKeys() => File.Exists(FormerKeysPath) ? [.. MemoryMarshal.Cast<byte, long>(File.ReadAllBytes(FormerKeysPath))] : [];

    void Rewrite(DeadLetterSegment segment, HashSet<long> blanked)
    {
        var output = new ArrayBufferWriter<byte>((int)segment.Bytes + 1);
        foreach (var line in DeadLetterFiles.Lines(segment.Path))
        {
            if (DeadLetterLine.Read(line.Span, _keys) is { IsLocked: false } letter)
            {
                // The message may quote an id.
                DeadLetterLine.Write(output, letter.Id, blanked.Contains(letter.Id) ? letter with { Event = [], Message = "the person was forgotten" } : letter, KeyOf());
            }
            else
            {
                output.Write(line.Span);
                output.Write("\n"u8);
            }
        }

        DurableFile.Write(segment.Path, output.WrittenSpan);
        segment.Bytes = output.WrittenCount;
    }

    static long? KeyNumberOf(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("sealed"u8))
            {
                reader.Read();
                return BinaryPrimitives.ReadInt64LittleEndian(reader.GetBytesFromBase64().AsSpan(1));
            }
        }

        return null;
    }
}
