using CartRecovery.Engine.Privacy;

namespace CartRecovery.Host.Api.Privacy;

/// <summary>A request to forget a person, without the person.</summary>
/// <param name="Id">Its id.</param>
/// <param name="StoreId">The store.</param>
/// <param name="Person">A keyed hash that stands for the person, as in the audit log and the receipt.</param>
/// <param name="Mode">delete or anonymise.</param>
/// <param name="Reason">Why; null for nothing.</param>
/// <param name="State">pending, running, completed or failed.</param>
/// <param name="RequestedBy">Who asked, as in the audit log.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="StartedAt">When it was first tried; null before.</param>
/// <param name="EndedAt">When it was completed or given up; null before.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Problem">Why the last try failed; null if it did not.</param>
/// <param name="Steps">The steps, in order.</param>
/// <param name="Receipt">The signed receipt, a PASETO v4.public token: `cartrecovery privacy verify` reads it. Null until it is completed.</param>
sealed record ErasureItem(
    string Id, string StoreId, string Person, string Mode, string? Reason, string State, string RequestedBy, DateTime RequestedAt, DateTime? StartedAt, DateTime? EndedAt, int Attempts,
    string? Problem, IReadOnlyList<ErasureStepItem> Steps, string? Receipt)
{
    /// <summary>Describes a request.</summary>
    public static ErasureItem Of(ErasureRequest request) => new(request.Id, request.Store, Tombstones.NameOf(request.Person), ErasureRequests.NameOf(request.Mode), request.Reason,
        request.State, request.RequestedBy, request.RequestedAt.UtcDateTime, request.StartedAt?.UtcDateTime, request.EndedAt?.UtcDateTime, request.Attempts, request.Problem,
        [.. ErasureStep.Names.Select(name => ErasureStepItem.Of(name, request))], request.Receipt);
}

/// <summary>A step of an erasure.</summary>
/// <param name="Name">find, partitions, database, dead_letters, scrub or backups.</param>
/// <param name="State">pending, running or completed.</param>
/// <param name="CompletedAt">When it was finished; null before.</param>
/// <param name="Milliseconds">How long it took; null before.</param>
/// <param name="Counts">What was found, deleted or rewritten.</param>
sealed record ErasureStepItem(string Name, string State, DateTime? CompletedAt, long? Milliseconds, IReadOnlyDictionary<string, long> Counts)
{
    static readonly Dictionary<string, long> s_none = [];

    /// <summary>Describes a step of a request.</summary>
    public static ErasureStepItem Of(string name, ErasureRequest request) =>
        request.Steps.FirstOrDefault(step => step.Name == name) is { } done ? new(name, ErasureRequest.Completed, done.At.UtcDateTime, done.Milliseconds, done.Counts)
        : new(name, request.State == ErasureRequest.Running && ErasureStep.Names[request.Steps.Count] == name ? ErasureRequest.Running : ErasureRequest.Pending, null, null, s_none);
}
