using CartRecovery.Engine.Privacy;

namespace CartRecovery.Host.Api.Privacy;

/// <summary>An erasure request. It does not name the person.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="StoreId">The store.</param>
/// <param name="Person">A keyed hash that identifies the person, as in the audit log and the receipt.</param>
/// <param name="Mode">delete or anonymise.</param>
/// <param name="Reason">The reason; null for none.</param>
/// <param name="State">pending, running, completed or failed: completed when all engines that share the control database are done, and failed if one has failed.</param>
/// <param name="RequestedBy">The actor who requested it, as in the audit log.</param>
/// <param name="RequestedAt">When it was requested.</param>
/// <param name="StartedAt">When the first attempt started; null before.</param>
/// <param name="EndedAt">When it was completed or failed for good; null before.</param>
/// <param name="Attempts">Number of attempts.</param>
/// <param name="Problem">Why the last attempt failed; null if it did not.</param>
/// <param name="Steps">The steps, in order.</param>
/// <param name="Receipt">The signed receipt, a PASETO v4.public token: `cartrecovery privacy verify` reads it. Null until it is completed.</param>
/// <param name="Elsewhere">What other engines that share the control database do with their own data folders; empty if there are none.</param>
sealed record ErasureItem(
    string Id, string StoreId, string Person, string Mode, string? Reason, string State, string RequestedBy, DateTime RequestedAt, DateTime? StartedAt, DateTime? EndedAt, int Attempts,
    string? Problem, IReadOnlyList<ErasureStepItem> Steps, string? Receipt, IReadOnlyList<ErasureElsewhereItem> Elsewhere)
{
    /// <summary>Describes a request.</summary>
    public static ErasureItem Of(ErasureRequest request) => new(request.Id, request.Store, Tombstones.NameOf(request.Person), ErasureRequests.NameOf(request.Mode), request.Reason,
        request.StateOfAll, request.RequestedBy, request.RequestedAt.UtcDateTime, request.StartedAt?.UtcDateTime, request.EndedAt?.UtcDateTime, request.Attempts, request.Problem,
        [.. ErasureStep.Names.Select(name => ErasureStepItem.Of(name, request))], request.Receipt, [.. request.Elsewhere.Select(ErasureElsewhereItem.Of)]);
}

/// <summary>The erasure of the same person in another engine's data folder.</summary>
/// <param name="Folder">The data folder's id: `cartrecovery privacy folders` lists them.</param>
/// <param name="RequestId">The request's id, for its steps.</param>
/// <param name="State">pending, running, completed or failed.</param>
/// <param name="EndedAt">When it was completed or failed for good; null before.</param>
/// <param name="Problem">Why the last attempt failed; null if it did not.</param>
/// <param name="Receipt">Its own signed receipt; null until it is completed.</param>
sealed record ErasureElsewhereItem(string Folder, string RequestId, string State, DateTime? EndedAt, string? Problem, string? Receipt)
{
    /// <summary>Describes a request.</summary>
    public static ErasureElsewhereItem Of(ErasureRequest request) => new(request.Folder, request.Id, request.State, request.EndedAt?.UtcDateTime, request.Problem, request.Receipt);
}

/// <summary>A step of an erasure.</summary>
/// <param name="Name">find, partitions, database, dead_letters, archive, scrub or backups.</param>
/// <param name="State">pending, running or completed.</param>
/// <param name="CompletedAt">When it was completed; null before.</param>
/// <param name="Milliseconds">The duration, in milliseconds; null before.</param>
/// <param name="Counts">Numbers of found, deleted or rewritten items.</param>
sealed record ErasureStepItem(string Name, string State, DateTime? CompletedAt, long? Milliseconds, IReadOnlyDictionary<string, long> Counts)
{
    static readonly Dictionary<string, long> s_none = [];

    /// <summary>Describes a step of a request.</summary>
    public static ErasureStepItem Of(string name, ErasureRequest request) =>
        request.Steps.FirstOrDefault(step => step.Name == name) is { } done ? new(name, ErasureRequest.Completed, done.At.UtcDateTime, done.Milliseconds, done.Counts)
        : new(name, request.State == ErasureRequest.Running && ErasureStep.Names[request.Steps.Count] == name ? ErasureRequest.Running : ErasureRequest.Pending, null, null, s_none);
}
