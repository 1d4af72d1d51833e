namespace CartRecovery.Engine.ControlPlane.Usage;

/// <summary>Counts a key's events for the key and its store. Any thread.</summary>
/// <param name="key">The key's counter.</param>
/// <param name="store">The store's.</param>
public sealed class EventUsage(UsageCounter key, UsageCounter store)
{
    /// <summary>The counter whose quota is used up; <see langword="null"/> if none is.</summary>
    public UsageCounter? Exceeded => key.IsExceeded ? key : store.IsExceeded ? store : null;

    /// <summary>Counts events. Called once a batch.</summary>
    public void Add(long events)
    {
        if (events > 0)
        {
            key.Add(events);
            store.Add(events);
        }
    }
}
