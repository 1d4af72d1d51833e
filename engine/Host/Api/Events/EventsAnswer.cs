namespace CartRecovery.Host.Api.Events;

/// <summary>What became of a batch of events.</summary>
/// <param name="Accepted">Events that were taken.</param>
/// <param name="Rejected">Events that were not.</param>
/// <param name="Errors">Why not, by the event's place in the batch.</param>
sealed record EventsAnswer(long Accepted, int Rejected, IReadOnlyList<EventRejection> Errors)
{
    /// <summary>What became of a request's events.</summary>
    public static EventsAnswer Of(RequestSource source) => new(
        source.Router.Taken - source.Rejected.Count, source.Rejected.Count,
        source.Rejected.Count == 0 ? [] : [.. source.Rejected.Select(r => new EventRejection(r.Index, r.Problem.Code, r.Problem.Message))]);
}

/// <summary>Why an event was not taken.</summary>
/// <param name="Index">Its place in the batch, from 0.</param>
/// <param name="Code">Which rule it breaks. Stable.</param>
/// <param name="Message">What is wrong with it.</param>
sealed record EventRejection(long Index, string Code, string Message);

/// <summary>What came in since the start.</summary>
/// <param name="Received">Events by protocol, and `total`.</param>
/// <param name="Processed">Events that were decided on.</param>
/// <param name="Rejected">Events that could not be used, by code.</param>
/// <param name="Carts">Carts that are known.</param>
/// <param name="Predictions">Carts that were scored.</param>
/// <param name="Connections">Streams that are open.</param>
sealed record EventsStatistics(
    IReadOnlyDictionary<string, long> Received, long Processed, IReadOnlyDictionary<string, long> Rejected, long Carts, long Predictions, int Connections);
