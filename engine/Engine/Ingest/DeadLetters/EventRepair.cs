using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>A change that a repair makes.</summary>
/// <param name="Path">The field, with its place in an array before it: <c>price</c>, <c>[3].price</c>.</param>
/// <param name="Before">Name and value as JSON; null for a field that was not there.</param>
/// <param name="After">The same afterwards.</param>
/// <param name="Rule">Which rule made it.</param>
public sealed record RepairChange(string Path, string? Before, string After, string Rule);

/// <summary>What a repair comes to. Nothing is changed by it.</summary>
/// <param name="Problem">What is wrong even with the repaired event; none when it can be used.</param>
/// <param name="Changes">What is changed, in order; none for an event that can be used as it is.</param>
/// <param name="Json">The repaired event, or the array of them: the bytes as they came where nothing is changed.</param>
/// <param name="EventId">The event's id; an array's first. Null where it has none.</param>
/// <param name="Lines">The difference, a field a line; the lines that go begin with <c>-</c>, those that come with <c>+</c>.</param>
public sealed record Repair(
    EventProblem Problem, IReadOnlyList<RepairChange> Changes, byte[] Json, string? EventId, IReadOnlyList<string> Lines)
{
    /// <summary>The event can be used now.</summary>
    public bool IsUsable => !Problem.IsError;
}

/// <summary>
/// Repairs events by rules: what a sender means is put in the form that the engine takes, where there is but one thing it can mean. The
/// result is held against the decoder that events are, so what is called usable is.
/// </summary>
public static class EventRepair
{
    /// <summary>The rules, in the order in which they are applied.</summary>
    static readonly Action<EventDraft>[] s_rules =
    [
        FieldRules.Rename,
        TypeRule.Apply,
        ValueRules.TextIds,
        ValueRules.NumbersInQuotes,
        ValueRules.PricesAsText,
        TimeRules.DatesAsText,
        TimeRules.Seconds,
        ValueRules.MissingId,
    ];

    /// <summary>Repairs a letter's event.</summary>
    /// <param name="letter">The letter.</param>
    /// <param name="rules">What its store's events are held to now.</param>
    public static Repair Of(DeadLetter letter, EventRules rules) => letter.IsTruncated
        ? Unusable(letter.Event, EventErrorCode.MessageTooLarge, "only the beginning of the message is kept; it was longer than limits.message")
        : Of(letter.Event, letter.At, rules);

    /// <summary>Repairs an event, or each event of an array.</summary>
    /// <param name="raw">The bytes as they came.</param>
    /// <param name="receivedAt">When: milliseconds since 1970 UTC.</param>
    /// <param name="rules">What it is held to.</param>
    public static Repair Of(byte[] raw, long receivedAt, EventRules rules)
    {
        if (!Utf8.IsValid(raw))
        {
            return Unusable(raw, EventErrorCode.InvalidUtf8, "the message is not valid UTF-8");
        }

        try
        {
            using var document = JsonDocument.Parse(raw);
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Object => One(document.RootElement, raw, receivedAt, rules),
                JsonValueKind.Array => Many(document.RootElement, raw, receivedAt, rules),
                _ => Unusable(raw, EventErrorCode.InvalidEvent, "an event is a JSON object"),
            };
        }
        catch (JsonException)
        {
            return Unusable(raw, EventErrorCode.InvalidJson, "it is not JSON");
        }
        catch (InvalidOperationException)
        {
            return Unusable(raw, EventErrorCode.InvalidUtf8, "a name has an escape that is half a character");
        }
    }

    static Repair One(JsonElement json, byte[] raw, long receivedAt, EventRules rules)
    {
        var draft = Drafted(json, "");
        var output = new ArrayBufferWriter<byte>(raw.Length + 64);
        draft.WriteTo(output);
        return new Repair(ProblemOf(output.WrittenSpan, receivedAt, rules), draft.Changes, draft.Changes.Count == 0 ? raw : output.WrittenSpan.ToArray(),
            IdOf(draft), [.. LinesOf(draft, "")]);
    }

    static Repair Many(JsonElement json, byte[] raw, long receivedAt, EventRules rules)
    {
        var output = new ArrayBufferWriter<byte>(raw.Length + 64);
        var (changes, lines, problem, eventId) = (new List<RepairChange>(), new List<string> { "  [" }, default(EventProblem), (string?)null);
        output.Write("["u8);
        var index = 0;
        foreach (var element in json.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                return Unusable(raw, EventErrorCode.InvalidEvent, $"[{index}] is no JSON object, and an event is");
            }

            if (index > 0)
            {
                output.Write(","u8);
            }

            var draft = Drafted(element, $"[{index}].");
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
            : new Repair(problem, changes, changes.Count == 0 ? raw : output.WrittenSpan.ToArray(), eventId, lines);
    }

    static EventDraft Drafted(JsonElement json, string path)
    {
        var draft = new EventDraft(json, path);
        foreach (var rule in s_rules)
        {
            rule(draft);
        }

        // Of two fields of one name nobody knows which was meant: then it is left as it came.
        return draft.Fields.DistinctBy(f => f.Name, StringComparer.Ordinal).Count() == draft.Fields.Count ? draft : new EventDraft(json, path);
    }

    static EventProblem ProblemOf(ReadOnlySpan<byte> json, long receivedAt, EventRules rules) => new JsonEventDecoder(rules).Decode(json, receivedAt);

    static string? IdOf(EventDraft draft) => draft.Named("id").LastOrDefault()?.Text;

    static Repair Unusable(byte[] raw, EventErrorCode error, string message) =>
        new(new EventProblem(error, message), [], raw, EventId: null, [.. Encoding.UTF8.GetString(raw).Split('\n').Select(line => $"  {line}")]);

    static IEnumerable<string> LinesOf(EventDraft draft, string indent)
    {
        yield return $"  {indent}{{";
        foreach (var field in draft.Fields)
        {
            // A line break in JSON is only ever space.
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
