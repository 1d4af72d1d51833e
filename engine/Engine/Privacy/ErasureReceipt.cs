using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace CartRecovery.Engine.Privacy;

/// <summary>Writes the receipt of an erasure: what was erased, what stays and why, and what the engine cannot reach.</summary>
static class ErasureReceipt
{
    /// <summary>Writes the message of a receipt. It identifies the person by a keyed hash only.</summary>
    /// <param name="request">The request.</param>
    /// <param name="steps">The finished steps.</param>
    /// <param name="at">When the request was completed.</param>
    /// <param name="version">The engine's version.</param>
    /// <param name="hasPartitions">Whether the partitions, their checkpoints and journals were erased.</param>
    public static byte[] Write(ErasureRequest request, IReadOnlyList<ErasureStep> steps, DateTimeOffset at, string version, bool hasPartitions)
    {
        var output = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("iss"u8, "cartrecovery");
            json.WriteString("typ"u8, "erasure");
            json.WriteString("jti"u8, request.Id);
            json.WriteString("iat"u8, TextOf(at));
            json.WriteString("version"u8, version);
            json.WriteString("storeId"u8, request.Store);
            json.WriteString("person"u8, Tombstones.NameOf(request.Person));
            json.WriteString("mode"u8, ErasureRequests.NameOf(request.Mode));
            json.WriteString("reason"u8, request.Reason);
            json.WriteString("requestedBy"u8, request.RequestedBy);
            json.WriteString("requestedAt"u8, TextOf(request.RequestedAt));
            json.WriteString("completedAt"u8, TextOf(at));
            json.WriteStartArray("steps"u8);
            foreach (var step in steps)
            {
                Write(json, step);
            }

            json.WriteEndArray();
            WritePairs(json, "kept"u8, Kept(request.Mode, hasPartitions));
            WritePairs(json, "beyond"u8, s_notErased);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    // Data that the engine cannot reach.
    static readonly (string What, string Why)[] s_notErased =
    [
        ("messages that were delivered, and what sinks wrote: files, webhooks, queues, the providers of e-mail, text messages and push", "They left the engine. Erase them there."),
        ("log lines that were shipped elsewhere", "The engine's own lines name no customer; what sinks and proxies log is theirs."),
        ("exports, reports and backups that were copied out", "The backups in their destinations were replaced, and the person's keys destroyed there. Delete copies of backups, and exports, where they are."),
    ];

    static IEnumerable<(string What, string Why)> Kept(ErasureMode mode, bool hasPartitions)
    {
        yield return ("a keyed hash of the store and the user id", "Later events of the person are rejected by it. It cannot be reversed without the master key.");
        yield return ("suppressed addresses, as keyed hashes", "Without them, the addresses would receive messages again.");
        yield return ("this request and its receipt", "They prove the erasure.");
        yield return ("entries of the audit log", "They name people by keyed hashes, and are deleted by age.");
        if (mode == ErasureMode.Anonymise)
        {
            yield return ("amounts, currencies and days of orders; channels, states and days of messages", "Figures of the shop. Each journey has a random key: nothing says whose it was.");
        }

        if (!hasPartitions)
        {
            yield return ("events in the journal and the state of carts", "They are deleted by journal.retention. What was encrypted under the person's keys is unreadable already.");
        }
    }

    static void Write(Utf8JsonWriter json, ErasureStep step)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, step.Name);
        json.WriteString("at"u8, TextOf(step.At));
        json.WriteStartObject("counts"u8);
        foreach (var (name, count) in step.Counts)
        {
            json.WriteNumber(name, count);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WritePairs(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<(string What, string Why)> pairs)
    {
        json.WriteStartArray(name);
        foreach (var (what, why) in pairs)
        {
            json.WriteStartObject();
            json.WriteString("what"u8, what);
            json.WriteString("why"u8, why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static string TextOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
