using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>An event under repair: its fields in their order, each as it came and as it is now.</summary>
sealed class EventDraft
{
    readonly string _path;

    /// <param name="json">The event, an object.</param>
    /// <param name="path">Where it is in its letter: empty, or <c>[3].</c> in an array.</param>
    /// <exception cref="InvalidOperationException">A name has half a character in it.</exception>
    public EventDraft(JsonElement json, string path)
    {
        _path = path;
        Raw = Encoding.UTF8.GetBytes(json.GetRawText());
        foreach (var property in json.EnumerateObject())
        {
            var field = new DraftField(property.Name, property.Value.GetRawText());
            field.Was = field.ToString();
            Fields.Add(field);
        }
    }

    /// <summary>The event as it came.</summary>
    public byte[] Raw { get; }

    /// <summary>Its fields.</summary>
    public List<DraftField> Fields { get; } = [];

    /// <summary>What was changed, in order.</summary>
    public List<RepairChange> Changes { get; } = [];

    /// <summary>The fields of this name; a JSON object may have several.</summary>
    public IEnumerable<DraftField> Named(string name) => Fields.Where(field => field.Name == name);

    /// <summary>It has a field of this name with something in it.</summary>
    public bool Has(string name) => Named(name).Any(field => !field.IsEmpty);

    /// <summary>Gives a field another name, in place of any empty field of that name.</summary>
    public void Rename(DraftField field, string name, string rule)
    {
        Fields.RemoveAll(other => other.Name == name && other != field);
        Change(field, rule, () => field.Name = name);
    }

    /// <summary>Gives a field another value.</summary>
    /// <param name="field">The field.</param>
    /// <param name="json">The value as JSON.</param>
    /// <param name="rule">Which rule did it.</param>
    public void Set(DraftField field, string json, string rule) => Change(field, rule, () => field.Json = json);

    /// <summary>Puts a text in a field, which is made where it is not there.</summary>
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

    /// <summary>The event as it is now.</summary>
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

    /// <summary>A text as JSON.</summary>
    public static string Quote(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    void Change(DraftField field, string rule, Action change)
    {
        var before = field.ToString();
        change();
        Changes.Add(new RepairChange(_path + field.Name, before, field.ToString(), rule));
    }
}

/// <summary>A field of an event under repair.</summary>
/// <param name="name">Its name.</param>
/// <param name="json">Its value as JSON.</param>
sealed class DraftField(string name, string json)
{
    public string Name { get; set; } = name;

    public string Json { get; set; } = json;

    /// <summary>Name and value as they came; null for a field that was added.</summary>
    public string? Was { get; set; }

    public bool IsText => Json[0] == '"';

    public bool IsNumber => Json[0] is '-' or (>= '0' and <= '9');

    public bool IsEmpty => Json is "null" or "\"\"";

    /// <summary>The text; null where the value is none, or has half a character in it.</summary>
    public string? Text
    {
        get
        {
            if (!IsText)
            {
                return null;
            }

            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(Json));
            try
            {
                reader.Read();
                return reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }
    }

    public override string ToString() => $"{EventDraft.Quote(Name)}:{Json}";
}
