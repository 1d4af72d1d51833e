using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>What somebody said about a channel, as it was reported. Records are never changed.</summary>
/// <param name="Channel">email, sms or push.</param>
/// <param name="Granted">Whether they agreed.</param>
/// <param name="At">When they said it (ms since 1970 UTC).</param>
/// <param name="ReceivedAt">When the engine was told (ms since 1970 UTC).</param>
/// <param name="ExpiresAt">When the consent ends (ms since 1970 UTC); <see cref="long.MaxValue"/> for never.</param>
/// <param name="Standing">Who reported it: the shop's server, a browser with a user token, or any browser.</param>
/// <param name="Source">Where they said it, as the event names it; <c>unsubscribed</c> for an event of this type.</param>
/// <param name="Purpose">For what; <see langword="null"/> if the event does not say.</param>
/// <param name="TextVersion">The version of the text that they saw; <see langword="null"/> if the event does not say.</param>
public sealed record ConsentRecord(
    string Channel, bool Granted, long At, long ReceivedAt, long ExpiresAt, Standing Standing, string Source, string? Purpose, string? TextVersion);
