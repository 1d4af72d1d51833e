using System.Text;
using CartRecovery.Engine.Events.Json;

namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>A field of an event under repair.</summary>
/// <param name="name">Its name.</param>
/// <param name="json">Its value as JSON.</param>
sealed class DraftField(string name, string json)
{
    public string Name { get; set; } = name;

    public string Json { get; set; } = json;

    /// <summary>Original name and value; null for an added field.</summary>
    public string? Was { get; set; }

    public bool IsText => Json[0] == '"';

    public bool IsNumber => Json[0] is '-' or (>= '0' and <= '9');

    public bool IsEmpty => Json is "null" or "\"\"";

    /// <summary>Value as text; null if it is not a string or contains an unpaired surrogate.</summary>
    public string? Text
    {
        get
        {
            if (!IsText)
            {
                return null;
            }

            var raw = Encoding.UTF8.GetBytes(Json);
            var text = new byte[raw.Length];
            var length = JsonText.Unescape(raw.AsSpan(1, raw.Length - 2), text);
            return length < 0 ? null : Encoding.UTF8.GetString(text, 0, length);
        }
    }

    public override string ToString() => $"{EventDraft.Quote(Name)}:{Json}";
}
