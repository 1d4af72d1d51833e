namespace CartRecovery.Engine.Privacy;

/// <summary>A request to forget a person.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Person">The keyed hash that stands for the person.</param>
/// <param name="Mode">What becomes of the orders.</param>
/// <param name="Reason">Why, as the sender said it; <see langword="null"/> for nothing.</param>
/// <param name="State"><see cref="Pending"/>, <see cref="Running"/>, <see cref="Completed"/> or <see cref="Failed"/>.</param>
/// <param name="RequestedBy">Who sent it, as in the audit log.</param>
/// <param name="RequestedAt">When it was sent.</param>
/// <param name="StartedAt">When it was first tried; <see langword="null"/> before.</param>
/// <param name="EndedAt">When it was completed or given up; <see langword="null"/> before.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Problem">Why the last try failed; <see langword="null"/> if it did not.</param>
/// <param name="Steps">The finished steps.</param>
/// <param name="Receipt">The signed receipt; <see langword="null"/> until it is completed.</param>
public sealed record ErasureRequest(
    string Id, string Store, byte[] Person, ErasureMode Mode, string? Reason, string State, string RequestedBy, DateTimeOffset RequestedAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, int Attempts, string? Problem, IReadOnlyList<ErasureStep> Steps, string? Receipt)
{
    /// <summary>The states.</summary>
    public const string Pending = "pending", Running = "running", Completed = "completed", Failed = "failed";
}
