using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Host.Demo;

/// <summary>
/// When each event of a log is sent, as a share of the demo's length. A night has quiet hours in which nobody leaves a cart: there the clock runs faster, so that
/// interventions are spread over the whole demo. Event times are not changed by it.
/// </summary>
sealed class DemoPace
{
    // The rest of the time goes by the number of events, so that a burst of them is not sent at once.
    const double ShareOfCarts = 0.75;

    readonly List<ShopEvent> _log;
    readonly double[] _due;

    /// <param name="log">The events in the order of their times; at least one.</param>
    /// <param name="idle">How long a cart is quiet before a campaign steps in.</param>
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

    /// <summary>When an event is sent, above 0 and up to 1. It never decreases.</summary>
    public double DueOf(int number) => _due[number];

    /// <summary>The shop's time in the log's own milliseconds when so many events are sent.</summary>
    public long TimeAfter(int sent) => _log[Math.Clamp(sent - 1, 0, _log.Count - 1)].At;
}
