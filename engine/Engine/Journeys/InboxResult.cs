namespace CartRecovery.Engine.Journeys;

/// <summary>The result of <see cref="JourneyInbox.TryAdd"/>.</summary>
enum InboxResult
{
    /// <summary>The item was added.</summary>
    Added,

    /// <summary>There is no room.</summary>
    Full,

    /// <summary>The inbox is closed.</summary>
    Closed,
}
