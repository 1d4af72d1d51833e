namespace CartRecovery.Engine.Privacy;

/// <summary>A request to erase a person.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Person">The keyed hash that identifies the person.</param>
/// <param name="Mode">What happens to the person's orders.</param>
/// <param name="Reason">The reason, as given; <see langword="null"/> for none.</param>
/// <param name="State"><see cref="Pending"/>, <see cref="Running"/>, <see cref="Completed"/> or <see cref="Failed"/>.</param>
/// <param name="RequestedBy">The actor who requested it, as in the audit log.</param>
/// <param name="RequestedAt">When it was requested.</param>
/// <param name="StartedAt">When the first attempt started; <see langword="null"/> before.</param>
/// <param name="EndedAt">When it was completed or failed for good; <see langword="null"/> before.</param>
/// <param name="Attempts">Number of attempts.</param>
/// <param name="Problem">Why the last attempt failed; <see langword="null"/> if it did not.</param>
/// <param name="Steps">The finished steps.</param>
/// <param name="Receipt">The signed receipt; <see langword="null"/> until it is completed.</param>
/// <param name="Folder">The id of the data folder whose engine executes it.</param>
/// <param name="Origin">The request that it belongs to, of another engine that shares the database; <see langword="null"/> for one of its own.</param>
public sealed record ErasureRequest(
    string Id, string Store, byte[] Person, ErasureMode Mode, string? Reason, string State, string RequestedBy, DateTimeOffset RequestedAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, int Attempts, string? Problem, IReadOnlyList<ErasureStep> Steps, string? Receipt, string Folder, string? Origin)
{
    /// <summary>A value of <see cref="State"/>.</summary>
    public const string Pending = "pending", Running = "running", Completed = "completed", Failed = "failed";

    /// <summary>The requests for the same person that engines with other data folders execute.</summary>
    public IReadOnlyList<ErasureRequest> Elsewhere { get; init; } = [];

    /// <summary>The state in all data folders: completed when all are, and failed if one is.</summary>
    public string StateOfAll
    {
        get
        {
            string[] states = [State, .. Elsewhere.Select(request => request.State)];
            return states.Contains(Failed) ? Failed : Array.TrueForAll(states, state => state == State) ? State : Running;
        }
    }
}
