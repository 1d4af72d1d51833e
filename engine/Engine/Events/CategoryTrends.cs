namespace CartRecovery.Engine.Events;

/// <summary>
/// Tells each event with a product how much its category is looked at and bought now, over all shoppers and partitions. Thread-safe; allocates nothing. Begins
/// anew with each process.
/// </summary>
public sealed class CategoryTrends
{
    const int Slots = 4096, ViewsHalfLife = 10 * 60, AddsHalfLife = 40 * 60;

    readonly Popularity _views = new(Slots, ViewsHalfLife), _adds = new(Slots, AddsHalfLife);

    /// <summary>Counts an event's category, and notes the counts in the event.</summary>
    /// <param name="e">The event. It has a product.</param>
    /// <param name="category">The category: <see cref="Popularity.KeyOf"/>.</param>
    /// <param name="now">When it was received, in milliseconds since 1970 UTC.</param>
    /// <param name="isCounted"><see langword="false"/> for a program's event, which is told but not counted.</param>
    public void Count(ref EventRecord e, uint category, long now, bool isCounted = true)
    {
        var isAdded = isCounted && e.Type is EventType.AddToCart or EventType.Purchase;
        e.CategoryViews = (Half)(isCounted ? _views.Add(category, now) : _views.Read(category, now));
        e.CategoryAdds = (Half)(isAdded ? _adds.Add(category, now) : _adds.Read(category, now));
    }
}
