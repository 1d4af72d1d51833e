namespace CartRecovery.Host.Api.Audit;

/// <summary>The user of a session whose request was rejected before authentication, such as a cross-origin request. Stored as a request feature.</summary>
/// <param name="ActorName">The actor, as in the audit log.</param>
sealed record RefusedUser(string ActorName);
