using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>Converts unambiguous times in formats that the engine does not accept.</summary>
static class TimeRules
{
    // In capitals. The year comes first, so day and month are unambiguous; a time without a zone is UTC.
    static readonly string[] s_forms =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFF K", "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd HH:mmK", "yyyy/MM/dd HH:mm:ss.FFFFFFFK", "yyyy/MM/dd HH:mmK", "yyyyMMdd'T'HHmmssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd HH:mm:ss.FFFFFFF zzz",
        "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    ];

    /// <summary>Converts a date as text to RFC 3339.</summary>
    public static void DatesAsText(EventDraft draft)
    {
        foreach (var field in draft.Named("ts"))
        {
            if (field.Text?.Trim() is not { Length: > 0 } text || IsGood(field))
            {
                continue;
            }

            var capitals = text.ToUpperInvariant();
            capitals = capitals.EndsWith(" UTC", StringComparison.Ordinal) ? capitals[..^4] + "Z" : capitals;
            if (DateTimeOffset.TryParseExact(capitals, s_forms, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment) && moment.Year >= 1970)
            {
                draft.Set(field, $"\"{TimeText.Of(moment.ToUnixTimeMilliseconds())}\"", "date as text");
            }
        }
    }

    /// <summary>Converts numbers that are plainly in another unit to milliseconds, in the event and in a consent's meta.</summary>
    public static void Units(EventDraft draft)
    {
        Units(draft, "ts");
        if (draft.Named("type").LastOrDefault()?.Text != "consent")
        {
            return;
        }

        Units(draft, "expiresAt");
        foreach (var field in draft.Named("meta").Where(field => field.Json[0] == '{'))
        {
            using var json = JsonDocument.Parse(field.Json);
            var (meta, output) = (new EventDraft(json.RootElement, "", draft.ReceivedAt), new ArrayBufferWriter<byte>());
            Units(meta, "expiresAt");
            if (meta.Changes.Count > 0)
            {
                meta.WriteTo(output);
                draft.Set(field, Encoding.UTF8.GetString(output.WrittenSpan), meta.Changes[0].Rule);
            }
        }
    }

    static void Units(EventDraft draft, string name)
    {
        foreach (var field in draft.Named(name))
        {
            var number = field.IsNumber ? field.Json : field.Text?.Trim();
            if (decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time)
                && TimeUnit.Guess((double)time, draft.ReceivedAt) is { } unit)
            {
                draft.Set(field, unit.ToMilliseconds(time).ToString(CultureInfo.InvariantCulture), $"{unit.Name} for milliseconds");
            }
        }
    }

    static bool IsGood(DraftField field) => EventTime.TryParse(Encoding.UTF8.GetBytes(field.Text!), out _);
}
