using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.DeadLetters.Repair;

namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>Writes dead letters as JSON, for the API and for <c>--json</c>.</summary>
static class DeadLetterJson
{
    const int Preview = 200;

    /// <summary>Writes a dead letter.</summary>
    /// <param name="writer">The destination.</param>
    /// <param name="letter">The dead letter.</param>
    /// <param name="whole">Whether to write the full event instead of a preview.</param>
    public static void Write(Utf8JsonWriter writer, DeadLetter letter, bool whole)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, letter.Id);
        writer.WriteString("state"u8, NameOf(letter.Mark.State));
        writer.WriteString("at"u8, TimeText.Of(letter.At));
        writer.WriteString("storeId"u8, letter.Store);
        writer.WriteString("protocol"u8, letter.Protocol);
        // A string: it may exceed 2^53, the largest exact integer in JavaScript.
        writer.WriteString("connection"u8, letter.Connection.ToString());
        writer.WriteBoolean("verified"u8, letter.FromServer);
        writer.WriteString("code"u8, letter.Code);
        writer.WriteString("message"u8, letter.Message);
        writer.WriteNumber("bytes"u8, letter.Event.Length);
        writer.WriteBoolean("truncated"u8, letter.IsTruncated);
        if (letter.IsLocked)
        {
            writer.WriteBoolean("locked"u8, value: true);
        }

        if (letter.Skipped > 0)
        {
            writer.WriteNumber("skipped"u8, letter.Skipped);
        }

        if (letter.Mark.State != DeadLetterState.Waiting)
        {
            writer.WriteString("markedAt"u8, TimeText.Of(letter.Mark.At));
        }

        if (letter.Mark.EventId is { } eventId)
        {
            writer.WriteString("eventId"u8, eventId);
        }

        if (whole)
        {
            DeadLetterLine.WriteEvent(writer, letter.Event);
        }
        else
        {
            writer.WriteString("preview"u8, PreviewOf(letter, Preview));
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the preview of a repair.</summary>
    public static void Write(Utf8JsonWriter writer, long id, RepairedEvent repair)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, id);
        writer.WriteBoolean("repairable"u8, repair.IsUsable);
        WriteProblem(writer, repair.Problem);
        writer.WriteStartArray("changes"u8);
        foreach (var change in repair.Changes)
        {
            writer.WriteStartObject();
            writer.WriteString("path"u8, change.Path);
            writer.WriteString("before"u8, change.Before);
            writer.WriteString("after"u8, change.After);
            writer.WriteString("rule"u8, change.Rule);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (repair.IsUsable)
        {
            writer.WritePropertyName("event"u8);
            writer.WriteRawValue(repair.Json);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the outcome of a replay.</summary>
    public static void Write(Utf8JsonWriter writer, IReadOnlyCollection<ReplayOutcome> outcomes)
    {
        writer.WriteStartObject();
        writer.WriteNumber("replayed"u8, outcomes.Count(o => o.Outcome == ReplayOutcome.Replayed));
        writer.WriteNumber("skipped"u8, outcomes.Count(o => o.Outcome is ReplayOutcome.AlreadyReplayed or ReplayOutcome.AlreadyDropped));
        writer.WriteNumber("failed"u8, outcomes.Count(o => o.Outcome is ReplayOutcome.NotRepairable or ReplayOutcome.Rejected or ReplayOutcome.NotFound));
        writer.WriteStartArray("letters"u8);
        foreach (var outcome in outcomes)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id"u8, outcome.Id);
            writer.WriteString("outcome"u8, outcome.Outcome);
            if (outcome.EventId is { } eventId)
            {
                writer.WriteString("eventId"u8, eventId);
            }

            WriteProblem(writer, outcome.Problem);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Returns the beginning of a dead letter's event, on one line.</summary>
    public static string PreviewOf(DeadLetter letter, int characters)
    {
        var text = Encoding.UTF8.GetString(letter.Event.AsSpan(0, Math.Min(letter.Event.Length, characters * 4)));
        var clean = string.Concat(text.EnumerateRunes().Take(characters).Select(r => Rune.IsControl(r) ? " " : r.ToString()));
        return clean.Length < text.Length || letter.Event.Length > characters * 4 ? clean + "…" : clean;
    }

    /// <summary>Returns a state's name.</summary>
    public static string NameOf(DeadLetterState state) => state switch
    {
        DeadLetterState.Replayed => "replayed",
        DeadLetterState.Dropped => "dropped",
        _ => "waiting",
    };

    /// <summary>Reads a state's name; <c>all</c> gives null.</summary>
    public static bool TryParseState(string name, out DeadLetterState? state)
    {
        state = name switch
        {
            "waiting" => DeadLetterState.Waiting,
            "replayed" => DeadLetterState.Replayed,
            "dropped" => DeadLetterState.Dropped,
            _ => null,
        };
        return state is not null || name == "all";
    }

    static void WriteProblem(Utf8JsonWriter writer, Engine.Events.EventProblem problem)
    {
        if (problem.IsError)
        {
            writer.WriteString("code"u8, problem.Code);
            writer.WriteString("message"u8, problem.Message);
        }
    }
}
