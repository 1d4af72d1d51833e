using System.Buffers;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>Labels as a JSON object, sorted by name, as databases keep them, and their fingerprint.</summary>
public static class LabelText
{
    const ulong Basis = 14695981039346656037, Prime = 1099511628211;

    /// <summary>Formats labels.</summary>
    public static string Write(SeriesLabels labels)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in labels)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static SeriesLabels Read(string text)
    {
        using var json = JsonDocument.Parse(text);
        return SeriesLabels.Of(json.RootElement.EnumerateObject().Select(label => KeyValuePair.Create(label.Name, label.Value.GetString() ?? "")));
    }

    /// <summary>Computes the fingerprint by which Prometheus and Alertmanager know a label set: FNV-1a over names and values, each ended by
    /// the byte 255.</summary>
    public static ulong Fingerprint(SeriesLabels labels)
    {
        var hash = Basis;
        foreach (var (name, value) in labels)
        {
            hash = Add(Add(hash, name), value);
        }

        return hash;
    }

    static ulong Add(ulong hash, string text)
    {
        Span<byte> bytes = stackalloc byte[384];
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            // Never between the halves of a surrogate pair.
            var count = Math.Min(rest.Length, 128);
            count -= count < rest.Length && char.IsHighSurrogate(rest[count - 1]) ? 1 : 0;
            foreach (var b in bytes[..Encoding.UTF8.GetBytes(rest[..count], bytes)])
            {
                hash = (hash ^ b) * Prime;
            }

            rest = rest[count..];
        }

        return (hash ^ 255) * Prime;
    }
}
