namespace CartRecovery.Engine.ControlPlane.Usage;

/// <summary>Counts a key's events for the key and for its store. Thread-safe.</summary>
/// <param name="key">The key's counter.</param>
/// <param name="store">The store's counter.</param>
public sealed class EventUsage(UsageCounter key, UsageCounter store)
{
    /// <summary>The first counter whose quota is used up; <see langword="null"/> if there is none.</summary>
    public UsageCounter? Exceeded => key.IsExceeded ? key : store.IsExceeded ? store : null;

    /// <summary>Counts events. Call once a batch.</summary>
    public void Add(long events)
    {
        if (events > 0)
        {
            key.Add(events);
            store.Add(events);
        }
    }
}
