using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>An event under repair: its fields in order, each with its original and current value.</summary>
sealed class EventDraft
{
    readonly string _path;

    /// <param name="json">The event; a JSON object, none of whose names contains an unpaired surrogate.</param>
    /// <param name="path">Its place in the letter: empty, or <c>[3].</c> in an array.</param>
    /// <param name="receivedAt">When it was received, in milliseconds since 1970 UTC.</param>
    public EventDraft(JsonElement json, string path, long receivedAt)
    {
        (_path, ReceivedAt) = (path, receivedAt);
        Raw = Encoding.UTF8.GetBytes(json.GetRawText());
        foreach (var property in json.EnumerateObject())
        {
            var field = new DraftField(property.Name, property.Value.GetRawText());
            field.Was = field.ToString();
            Fields.Add(field);
        }
    }

    /// <summary>When it was received, in milliseconds since 1970 UTC.</summary>
    public long ReceivedAt { get; }

    /// <summary>Event as received.</summary>
    public byte[] Raw { get; }

    public List<DraftField> Fields { get; } = [];

    /// <summary>Changes made, in order.</summary>
    public List<RepairChange> Changes { get; } = [];

    /// <summary>Finds the fields of a name; a JSON object may have several.</summary>
    public IEnumerable<DraftField> Named(string name) => Fields.Where(field => field.Name == name);

    /// <summary>Returns whether a non-empty field of this name exists.</summary>
    public bool Has(string name) => Named(name).Any(field => !field.IsEmpty);

    /// <summary>Renames a field, replacing any empty field of the new name.</summary>
    public void Rename(DraftField field, string name, string rule)
    {
        Fields.RemoveAll(other => other.Name == name && other != field);
        Change(field, rule, () => field.Name = name);
    }

    /// <summary>Sets a field's value.</summary>
    /// <param name="field">The field.</param>
    /// <param name="json">The value as JSON.</param>
    /// <param name="rule">The rule that makes the change.</param>
    public void Set(DraftField field, string json, string rule) => Change(field, rule, () => field.Json = json);

    /// <summary>Sets a field to a text, adding the field if needed.</summary>
    public void Put(string name, string text, string rule)
    {
        var field = Named(name).FirstOrDefault();
        if (field is not null)
        {
            Set(field, Quote(text), rule);
            return;
        }

        field = new DraftField(name, Quote(text));
        Fields.Add(field);
        Changes.Add(new RepairChange(_path + name, Before: null, field.ToString(), rule));
    }

    /// <summary>Writes the event in its current state.</summary>
    public void WriteTo(ArrayBufferWriter<byte> output)
    {
        if (Changes.Count == 0)
        {
            output.Write(Raw);
            return;
        }

        output.Write("{"u8);
        for (var i = 0; i < Fields.Count; i++)
        {
            output.Write(Encoding.UTF8.GetBytes((i == 0 ? "" : ",") + Fields[i]));
        }

        output.Write("}"u8);
    }

    /// <summary>Encodes a text as a JSON string.</summary>
    public static string Quote(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    void Change(DraftField field, string rule, Action change)
    {
        var before = field.ToString();
        change();
        Changes.Add(new RepairChange(_path + field.Name, before, field.ToString(), rule));
    }
}
