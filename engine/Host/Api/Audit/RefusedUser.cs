namespace CartRecovery.Host.Api.Audit;

/// <summary>The user of a session whose request was refused before it was authenticated, such as one of another origin's page.</summary>
/// <param name="ActorName">The actor.</param>
sealed record RefusedUser(string ActorName);
