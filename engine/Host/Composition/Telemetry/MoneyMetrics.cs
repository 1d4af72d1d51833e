using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>
/// Declares the metrics of money and carts over the last 30 days. Their queries read the database in the background: every minute, or less
/// often if they take long. A scrape reads the last results.
/// </summary>
sealed partial class MoneyMetrics : IDisposable
{
    static readonly TimeSpan s_period = TimeSpan.FromDays(30), s_interval = TimeSpan.FromMinutes(1);

    // Maximum share of one core for the queries.
    const double MaxShare = 0.05;

    readonly EngineHost _host;
    readonly ILogger _log;
    readonly ITimer _timer;
    volatile IReadOnlyDictionary<string, StoreFigures> _figures = new Dictionary<string, StoreFigures>(StringComparer.Ordinal);
    volatile IReadOnlyDictionary<string, IReadOnlyList<CurrencyOrders>> _today = new Dictionary<string, IReadOnlyList<CurrencyOrders>>(StringComparer.Ordinal);
    volatile bool _isStopped;

    // The type of the last logged failure.
    Type? _problem;

    /// <param name="host">The engine.</param>
    /// <param name="registry">Receives the metrics.</param>
    /// <param name="log">Receives failures.</param>
    public MoneyMetrics(EngineHost host, MetricRegistry registry, ILogger log)
    {
        (_host, _log) = (host, log);
        _timer = host.Time.CreateTimer(_ => Read(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        registry.Gauge("cartrecovery_revenue",
            "Verified orders of shoppers that a campaign was triggered for, less refunds, of the last 30 days' journeys",
            ["currency", "store"], () => ByCurrency(report => OrdersOf(report)?.Revenue ?? 0));
        registry.Gauge("cartrecovery_orders", "Verified orders of shoppers that a campaign was triggered for, of the last 30 days' journeys",
            ["currency", "store"], () => ByCurrency(report => OrdersOf(report)?.Orders ?? 0));
        registry.Gauge("cartrecovery_recovered_revenue",
            "Verified orders after a click or view of a message, less refunds, of the last 30 days' journeys",
            ["currency", "store"], () => ByCurrency(report => report?.AttributedRevenue ?? 0));
        registry.Gauge("cartrecovery_recovered_orders", "Verified orders after a click or view of a message, of the last 30 days' journeys",
            ["currency", "store"], () => ByCurrency(report => report?.AttributedOrders ?? 0));
        registry.Gauge("cartrecovery_revenue_today", "Verified orders since midnight (UTC) of the last 30 days' journeys, less the refunds since then",
            ["currency", "store"], () => Today(orders => orders?.Revenue ?? 0));
        registry.Gauge("cartrecovery_orders_today", "Verified orders since midnight (UTC) of the last 30 days' journeys",
            ["currency", "store"], () => Today(orders => orders?.Orders ?? 0));
        registry.Gauge("cartrecovery_incremental_revenue",
            "Estimated revenue that would not have come without messages, of the last 30 days' journeys. NaN: no estimate yet",
            ["currency", "store"], () => ByCurrency(report => report?.Incremental.Revenue ?? double.NaN));
        registry.Gauge("cartrecovery_incremental_revenue_low", "Lower bound of the estimate at 95% confidence",
            ["currency", "store"], () => ByCurrency(report => report?.Incremental.Low ?? double.NaN));
        registry.Gauge("cartrecovery_incremental_revenue_high", "Upper bound of the estimate at 95% confidence",
            ["currency", "store"], () => ByCurrency(report => report?.Incremental.High ?? double.NaN));
        registry.Gauge("cartrecovery_exchange_rates_age_seconds",
            "Time since decisions.exchangeRatesSource answered with the rates in force. NaN: no such rates", () => host.Rates.Age);
        registry.Counter("cartrecovery_exchange_rates_failures_total",
            "Fetches of exchange rates that failed; the last good rates stayed in force", () => host.Rates.Failures);
        registry.Gauge("cartrecovery_carts",
            "Carts that campaigns were triggered for in the last 30 days, and no others: abandoned (nothing sent yet), contacted, recovered, "
                + "purchased without a message, lost",
            ["state", "store"], Carts);
    }

    /// <summary>Starts to run the queries.</summary>
    public void Start() => _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopped = true;
        _timer.Dispose();
    }

    /// <summary>Runs the queries, and schedules the next run.</summary>
    internal void Read()
    {
        var began = _host.Time.GetTimestamp();
        try
        {
            var now = _host.Time.GetUtcNow().ToUnixTimeMilliseconds();
            var (from, midnight) = (now - (long)s_period.TotalMilliseconds, now - (now % (24L * 3_600_000)));
            var today = new Dictionary<string, IReadOnlyList<CurrencyOrders>>(StringComparer.Ordinal);
            var figures = new Dictionary<string, StoreFigures>(StringComparer.Ordinal);
            foreach (var store in _host.Stores.Stores)
            {
                if (_isStopped)
                {
                    return;
                }

                figures[store.Id] = StoreFigures.Read(
                    _host.Reports, store.Id, store.Currency, from, now + 1,
                    now - _host.JourneyOptions.LostAfter);
                today[store.Id] = CurrencyOrders.Read(_host.Reports, store.Id, from, midnight);
            }

            (_figures, _today) = (figures, today);
            _problem = null;
        }
#pragma warning disable CA1031 // Figures that cannot be read stay as they were, and are read again at the next interval.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // Logs each type of failure once: the interval is short.
            if (_problem != e.GetType() && !_isStopped)
            {
                _problem = e.GetType();
                LogNotRead(e.Message);
            }
        }

        var took = _host.Time.GetElapsedTime(began) / MaxShare;
        if (!_isStopped)
        {
            _timer.Change(took > s_interval ? took : s_interval, Timeout.InfiniteTimeSpan);
        }
    }

    // Before the first result, returns the store's own currency only.
    IEnumerable<Sample> ByCurrency(Func<RevenueReport?, double> value)
    {
        var figures = _figures;
        return _host.Stores.Stores.SelectMany(store => figures.GetValueOrDefault(store.Id) is { } known
            ? known.Revenue.Select(report => new Sample(value(report), report.Currency, store.Id))
            : [new Sample(value(null), store.Currency, store.Id)]);
    }

    // The store's own currency always, so that a day without orders is zero.
    IEnumerable<Sample> Today(Func<CurrencyOrders?, double> value)
    {
        var today = _today;
        return _host.Stores.Stores.SelectMany(store =>
        {
            var orders = today.GetValueOrDefault(store.Id, []);
            return orders.Select(one => one.Currency).Where(currency => currency != store.Currency).Prepend(store.Currency)
                .Select(currency => new Sample(value(orders.FirstOrDefault(one => one.Currency == currency)), currency, store.Id));
        });
    }

    static CurrencyRevenue? OrdersOf(RevenueReport? report) => report?.ByCurrency.FirstOrDefault(orders => orders.Currency == report.Currency);

    IEnumerable<Sample> Carts()
    {
        var figures = _figures;
        return _host.Stores.Stores.SelectMany(store => StoreFigures.States.Select(state =>
            new Sample(figures.GetValueOrDefault(store.Id)?.Carts.GetValueOrDefault(state) ?? 0, state, store.Id)));
    }

    [LoggerMessage(EventName = "money_metrics_not_read", Level = LogLevel.Warning,
        Message = "The metrics of money and carts cannot be read; the last values stay, and the queries run again every minute: {Problem}")]
    partial void LogNotRead(string problem);
}
