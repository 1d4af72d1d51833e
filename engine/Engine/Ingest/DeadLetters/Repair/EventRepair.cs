using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;

namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>
/// Repairs events by rules: converts unambiguous deviations to the native form. The result is checked by the real decoder, so an event
/// reported as usable is.
/// </summary>
public static class EventRepair
{
    /// <summary>The rules, in order of application.</summary>
    static readonly Action<EventDraft>[] s_rules =
    [
        FieldRules.Rename,
        TypeRules.Apply,
        ValueRules.TextIds,
        ValueRules.NumbersInQuotes,
        ValueRules.PricesAsText,
        TimeRules.DatesAsText,
        TimeRules.Units,
        ValueRules.MissingId,
    ];

    /// <summary>Repairs a letter's event.</summary>
    /// <param name="letter">The letter.</param>
    /// <param name="rules">The rules that currently apply to events of its store.</param>
    public static RepairedEvent Of(DeadLetter letter, EventRules rules) => letter.IsTruncated
        ? Unusable(letter.Event, EventErrorCode.MessageTooLarge, "only the beginning was kept: the message exceeds limits.message")
        : Of(letter.Event, letter.At, rules);

    /// <summary>Repairs an event, or each event of an array.</summary>
    /// <param name="raw">The bytes as received.</param>
    /// <param name="receivedAt">When, in milliseconds since 1970 UTC.</param>
    /// <param name="rules">The rules to check against.</param>
    public static RepairedEvent Of(byte[] raw, long receivedAt, EventRules rules)
    {
        if (!Utf8.IsValid(raw))
        {
            return Unusable(raw, EventErrorCode.InvalidUtf8, "the message is not valid UTF-8");
        }

        if (!JsonSyntax.IsValue(raw))
        {
            return Unusable(raw, EventErrorCode.InvalidJson, "the message is not JSON");
        }

        using var document = JsonDocument.Parse(raw);
        return document.RootElement.ValueKind switch
        {
            JsonValueKind.Object => One(document.RootElement, raw, receivedAt, rules),
            JsonValueKind.Array => Many(document.RootElement, raw, receivedAt, rules),
            _ => Unusable(raw, EventErrorCode.InvalidEvent, "an event must be a JSON object"),
        };
    }

    static RepairedEvent One(JsonElement json, byte[] raw, long receivedAt, EventRules rules)
    {
        if (!HasReadableNames(json))
        {
            return UnreadableName(raw);
        }

        var draft = Drafted(json, "", receivedAt);
        var output = new ArrayBufferWriter<byte>(raw.Length + 64);
        draft.WriteTo(output);
        return new RepairedEvent(ProblemOf(output.WrittenSpan, receivedAt, rules), draft.Changes,
            draft.Changes.Count == 0 ? raw : output.WrittenSpan.ToArray(),
            IdOf(draft), [.. LinesOf(draft, "")]);
    }

    static RepairedEvent Many(JsonElement json, byte[] raw, long receivedAt, EventRules rules)
    {
        var output = new ArrayBufferWriter<byte>(raw.Length + 64);
        var (changes, lines, problem, eventId) = (new List<RepairChange>(), new List<string> { "  [" }, default(EventProblem),
            (string?)null);
        output.Write("["u8);
        var index = 0;
        foreach (var element in json.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                return Unusable(raw, EventErrorCode.InvalidEvent, $"[{index}] must be a JSON object");
            }

            if (!HasReadableNames(element))
            {
                return UnreadableName(raw);
            }

            if (index > 0)
            {
                output.Write(","u8);
            }

            var draft = Drafted(element, $"[{index}].", receivedAt);
            var start = output.WrittenCount;
            draft.WriteTo(output);
            if (!problem.IsError && ProblemOf(output.WrittenSpan[start..], receivedAt, rules) is { IsError: true } wrong)
            {
                problem = wrong with { Message = $"[{index}]: {wrong.Message}" };
            }

            changes.AddRange(draft.Changes);
            lines.AddRange(LinesOf(draft, "  "));
            eventId ??= IdOf(draft);
            index++;
        }

        output.Write("]"u8);
        lines.Add("  ]");
        return index == 0 ? Unusable(raw, EventErrorCode.InvalidEvent, "the array is empty")
            : new RepairedEvent(problem, changes, changes.Count == 0 ? raw : output.WrittenSpan.ToArray(), eventId, lines);
    }

    static EventDraft Drafted(JsonElement json, string path, long receivedAt)
    {
        var draft = new EventDraft(json, path, receivedAt);
        foreach (var rule in s_rules)
        {
            rule(draft);
        }

        // Two fields of one name are ambiguous, so the event is left as received.
        return draft.Fields.DistinctBy(f => f.Name, StringComparer.Ordinal).Count() == draft.Fields.Count ? draft
            : new EventDraft(json, path, receivedAt);
    }

    static EventProblem ProblemOf(ReadOnlySpan<byte> json, long receivedAt, EventRules rules) =>
        new JsonEventDecoder(rules).Decode(json, receivedAt);

    static string? IdOf(EventDraft draft) => draft.Named("id").LastOrDefault()?.Text;

    // A name with an unpaired surrogate has no text.
    static bool HasReadableNames(JsonElement json)
    {
        var raw = JsonMarshal.GetRawUtf8Value(json);
        Span<byte> name = raw.Length <= 512 ? stackalloc byte[512] : new byte[raw.Length];
        foreach (var property in json.EnumerateObject())
        {
            if (JsonText.Unescape(JsonMarshal.GetRawUtf8PropertyName(property), name) == JsonText.HalfCharacter)
            {
                return false;
            }
        }

        return true;
    }

    static RepairedEvent UnreadableName(byte[] raw) =>
        Unusable(raw, EventErrorCode.InvalidUtf8, "a field name has an unpaired surrogate escape");

    static RepairedEvent Unusable(byte[] raw, EventErrorCode error, string message) =>
        new(new EventProblem(error, message), [], raw, EventId: null,
            [.. Encoding.UTF8.GetString(raw).Split('\n').Select(line => $"  {line}")]);

    static IEnumerable<string> LinesOf(EventDraft draft, string indent)
    {
        yield return $"  {indent}{{";
        foreach (var field in draft.Fields)
        {
            // A line break in JSON is always insignificant white space.
            var (was, now) = (field.Was?.ReplaceLineEndings(" "), field.ToString().ReplaceLineEndings(" "));
            if (was == now)
            {
                yield return $"  {indent}  {now}";
                continue;
            }

            if (was is not null)
            {
                yield return $"- {indent}  {was}";
            }

            yield return $"+ {indent}  {now}";
        }

        yield return $"  {indent}}}";
    }
}
