using System.Text.Json.Serialization;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Routing;

namespace CartRecovery.Host.Api.Events;

/// <summary>The outcome of a batch of events.</summary>
/// <param name="Accepted">Events accepted, including duplicates.</param>
/// <param name="Rejected">Events rejected.</param>
/// <param name="Errors">The rejections, by index in the batch; not all of them if the events are so short that the answer would be much longer.</param>
/// <param name="Duplicates">Accepted events whose id had counted before, and that changed nothing; absent with `ack=received`, when it is not known yet.</param>
/// <param name="Warnings">Warnings about accepted events; absent if there are none.</param>
sealed record EventsResponse(
    long Accepted, int Rejected, IReadOnlyList<EventRejection> Errors,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Duplicates = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<EventWarning>? Warnings = null)
{
    // Answers may be so long whatever the request was, in bytes.
    const int MinLength = 16 * 1024;

    // The length of a rejection besides its code and its message, about.
    const int RejectionLength = 48;

    /// <summary>Creates the answer for a request's events.</summary>
    /// <param name="source">The events.</param>
    /// <param name="length">The request's length: the answer is at most about twice as long.</param>
    /// <param name="isDurable">Whether the events are processed.</param>
    public static EventsResponse Of(RequestSource source, int length, bool isDurable) => new(
        source.Router.Received - source.Rejected.Count, source.Rejected.Count, source.Rejected.Count == 0 ? [] : [.. Listed(source, length)],
        isDurable ? source.Duplicates : null, WarningsOf(source.Router));

    static List<EventWarning>? WarningsOf(EventRouter router)
    {
        EventWarning[] warnings = [EventWarning.Clamped(router.Clamped), EventWarning.Corrected(router.Corrected), EventWarning.Ignored("userId", router.IgnoredUsers), EventWarning.Ignored("sessionId", router.IgnoredSessions)];
        return warnings.All(warning => warning.Count == 0) ? null : [.. warnings.Where(warning => warning.Count > 0)];
    }

    static IEnumerable<EventRejection> Listed(RequestSource source, int length)
    {
        // Of ordinary events, all fit.
        var left = Math.Max(MinLength, 2L * length);
        foreach (var (index, problem) in source.Rejected)
        {
            left -= RejectionLength + problem.Code.Length + problem.Message.Length;
            if (left < 0)
            {
                yield break;
            }

            yield return new EventRejection(index, problem.Code, problem.Message);
        }
    }
}

/// <summary>The rejection of an event.</summary>
/// <param name="Index">The event's index in the batch, from 0.</param>
/// <param name="Code">A stable code for the rule it breaks.</param>
/// <param name="Message">What is wrong with it.</param>
sealed record EventRejection(long Index, string Code, string Message);

/// <summary>A warning about accepted events.</summary>
/// <param name="Code">A stable code.</param>
/// <param name="Count">The number of events.</param>
/// <param name="Message">The reason, and what to do.</param>
sealed record EventWarning(string Code, long Count, string Message)
{
    /// <summary>Their times were out of range.</summary>
    public static EventWarning Clamped(long count) => new("timestamp_clamped", count,
        "'ts' is out of the range of limits.past and limits.future; the nearest time allowed counts, and nobody is contacted on it. Check the sender's clock.");

    /// <summary>Their times were moved to the engine's clock.</summary>
    public static EventWarning Corrected(long count) => new("timestamp_corrected", count,
        "'ts' was moved to the engine's clock: by what 'sentAt' says of the sender's, or to the receipt if limits.future is 0. Check the sender's clock.");

    /// <summary>They named ids that are nobody's.</summary>
    public static EventWarning Ignored(string field, long count) => new(EventProblem.CodeOf(EventErrorCode.PlaceholderId), count,
        $"'{field}' is what programs write where an id is missing, and was ignored; leave the field out");
}

/// <summary>A store's event counts since the start.</summary>
/// <param name="Received">Events received by protocol, and their `total`.</param>
/// <param name="Rejected">Events rejected, by code.</param>
/// <param name="Connections">Open streams.</param>
/// <param name="Processed">Events processed; absent if the engine has several stores.</param>
/// <param name="Carts">Carts seen; absent if the engine has several stores.</param>
/// <param name="Predictions">Rows scored; absent if the engine has several stores.</param>
sealed record EventsStatistics(
    IReadOnlyDictionary<string, long> Received,
    IReadOnlyDictionary<string, long> Rejected,
    int Connections,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Processed = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Carts = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Predictions = null);
