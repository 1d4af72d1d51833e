using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Host.Demo;

/// <summary>
/// Schedules each event of a log as a share of the demo's length. The clock runs faster through quiet hours, when nobody abandons a cart,
/// so that interventions are spread over the whole demo. Event times do not change.
/// </summary>
sealed class DemoPace
{
    // The remaining time is allotted by number of events, so that a burst is not sent at once.
    const double ShareOfCarts = 0.75;

    readonly List<ShopEvent> _log;
    readonly double[] _due;

    /// <param name="log">The events in the order of their times; at least one.</param>
    /// <param name="idle">The idle time after which a campaign is triggered.</param>
    public DemoPace(List<ShopEvent> log, TimeSpan idle)
    {
        _log = log;
        _due = new double[log.Count];
        var wait = (long)idle.TotalMilliseconds;
        var left = log.Where(e => e.Type == "add_to_cart").Select(e => e.At + wait).Where(at => at <= log[^1].At).ToArray();
        var (passed, carts) = (0, left.Length == 0 ? 0 : ShareOfCarts);
        for (var i = 0; i < log.Count; i++)
        {
            while (passed < left.Length && left[passed] <= log[i].At)
            {
                passed++;
            }

            _due[i] = (carts * passed / Math.Max(1, left.Length)) + ((1 - carts) * (i + 1) / log.Count);
        }
    }

    /// <summary>Returns when an event is sent, in (0, 1]. Monotonic.</summary>
    public double DueOf(int number) => _due[number];

    /// <summary>Returns the shop's time, in the log's milliseconds, after a number of events.</summary>
    public long TimeAfter(int sent) => _log[Math.Clamp(sent - 1, 0, _log.Count - 1)].At;
}
