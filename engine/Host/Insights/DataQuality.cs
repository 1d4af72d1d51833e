using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Insights;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Insights;
using CartRecovery.Host.Composition;
using CartRecovery.Primitives;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Insights;

/// <summary>Measures the quality of the last hour's events from a sample of the journal, and warns if a limit is exceeded.</summary>
/// <param name="host">The engine.</param>
/// <param name="insights">Stores the reports.</param>
/// <param name="log">Receives the warnings.</param>
sealed partial class DataQuality(EngineHost host, InsightStore insights, ILogger log)
{
    /// <summary>The checks of all events of the engine, and the check for a store without events.</summary>
    public const string Duplicate = "duplicate", Rejected = "rejected", Silent = "silent";

    // At most 256 MB of the journal.
    const int MaxPages = 64;

    // Products that are looked up, of all stores together.
    const int MaxProducts = 100_000;

    // Maximum number of warnings of a run: with more stores, the cause is a common one.
    const int MaxWarnings = 20;

    const double Share = 0.5;

    static readonly TimeSpan s_period = TimeSpan.FromHours(1), s_retention = TimeSpan.FromDays(7);

    readonly HashSet<(string Store, string Check)> _warned = [];
    IReadOnlyList<(string Store, QualityCheck Check)> _exceeded = [];
    (long Received, long Duplicates, long Rejected) _before;

    /// <summary>The names of all checks.</summary>
    public static IReadOnlyList<string> Checks { get; } =
    [
        StoreQuality.WithoutUser, StoreQuality.WithoutPrice, StoreQuality.WithoutCurrency, StoreQuality.UnknownProduct, StoreQuality.LateEvents, StoreQuality.FutureEvents,
        StoreQuality.ClampedEvents, StoreQuality.AddressIds, Silent, Duplicate, Rejected,
    ];

    /// <summary>Returns the number of stores that exceeded a check's limit in the last measured hour; for a check of the engine, 1 or 0.</summary>
    public int ExceededBy(string check) => Volatile.Read(ref _exceeded).Count(exceeded => exceeded.Check.Name == check);

    /// <summary>Measures the last hour.</summary>
    public async Task MeasureAsync(JobContext job, CancellationToken stop)
    {
        var now = job.Time.GetUtcNow();
        var range = new TimeRange((now - s_period).ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds());
        var (stores, sampled) = host.Config.Journal.Enabled ? await Task.Factory.StartNew(() => Read(range, job.Time, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            : ([], 0);
        var former = await insights.LatestAsync(InsightStore.DataQuality, stop);
        var reports = new List<(string Store, QualityReport Report)>();
        foreach (var store in host.Stores.Stores)
        {
            var quality = stores.GetValueOrDefault(store.Number) ?? new StoreQuality(new ProductAllowance(0));
            var last = quality.LastAt > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(quality.LastAt).UtcDateTime
                : former.TryGetValue(store.Id, out var json) ? JsonSerializer.Deserialize(json, ApiJson.Default.QualityReport)!.LastEventAt : null;
            var report = new QualityReport((now - s_period).UtcDateTime, now.UtcDateTime, quality.Events, Math.Round(sampled, 4), last, ChecksOf(store, quality, sampled, last, now));

            // No report for a store without events, unless its silence exceeds the limit.
            if (quality.Events > 0 || report.Checks.Any(check => check.Exceeded))
            {
                reports.Add((store.Id, report));
            }
        }

        await insights.SaveAsync(InsightStore.DataQuality, now, [.. reports.Select(report => (report.Store, JsonSerializer.Serialize(report.Report, ApiJson.Default.QualityReport)))], s_retention, stop);
        var ofEngine = OfEngine();
        List<(string Store, QualityCheck Check)> exceeded = [.. reports.SelectMany(report => report.Report.Checks, (report, check) => (report.Store, check)).Concat(ofEngine.Select(check => ("", check)))
            .Where(checkedOne => checkedOne.Item2.Exceeded)];
        Volatile.Write(ref _exceeded, exceeded);
        job.Log(string.Create(CultureInfo.InvariantCulture, $"{reports.Sum(report => report.Report.Events)} events of {reports.Count} stores, {sampled:P0} of the hour's journal"));
        job.Report(string.Create(CultureInfo.InvariantCulture,
            $$"""{"events":{{reports.Sum(report => report.Report.Events)}},"stores":{{reports.Count}},"exceeded":{{exceeded.Count}},{{string.Join(',', ofEngine.Select(check => $"\"{check.Name}\":{check.Count}"))}}}"""));
    }

    /// <summary>Warns of checks that have started to exceed their limits: once, until they no longer do.</summary>
    public void Warn(JobContext job)
    {
        var exceeded = Volatile.Read(ref _exceeded);
        _warned.IntersectWith(exceeded.Select(one => (one.Store, one.Check.Name)));
        foreach (var (store, check) in exceeded.Where(one => _warned.Add((one.Store, one.Check.Name))).Take(MaxWarnings))
        {
            job.Log(string.Create(CultureInfo.InvariantCulture, $"{(store.Length == 0 ? "all stores" : store)}: {check.Name} {check.Count} of {check.Of}, limit {check.Limit}"));
            LogExceeded(store.Length == 0 ? "all stores" : $"the store {store}", check.Name, check.Count, check.Of, check.Limit);
        }
    }

    (Dictionary<int, StoreQuality> Stores, double Sampled) Read(TimeRange range, TimeProvider time, CancellationToken stop)
    {
        var (stores, products) = (new Dictionary<int, StoreQuality>(), new ProductAllowance(MaxProducts));
        var sampled = new JournalSample(host.Exports.Journals(), MaxPages).Read(range, new ReplayPace(Share, time), (slab, in record) =>
        {
            if (!stores.TryGetValue(record.Store, out var quality))
            {
                stores[record.Store] = quality = new StoreQuality(products);
            }

            quality.Add(record, slab.ReceivedAt, AddressText.IsAddress(slab.UserOf(record)) || AddressText.IsAddress(slab.CartOf(record)));
        }, stop);
        return (stores, sampled);
    }

    List<QualityCheck> ChecksOf(Store store, StoreQuality quality, double sampled, DateTime? last, DateTimeOffset now)
    {
        var limits = host.Config.DataQuality;
        var unknown = quality.Products.Count == 0 ? null : DescribedProducts.Missing(host.Reports, store.Id, [.. quality.Products.Keys]);
        List<QualityCheck> checks = [.. quality.Checks(unknown).Select(check => QualityCheck.Compare(check.Check, check.Count, check.Of, LimitOf(limits, check.Check), limits.MinEvents))];
        if (SilenceOf(sampled, last, now, limits.SilentAfter.Value) is { } silence)
        {
            checks.Add(silence);
        }

        return checks;
    }

    /// <summary>Checks how long a store has sent no event.</summary>
    /// <param name="sampled">The share of the hour's journal that was read.</param>
    /// <param name="last">When the store's last known event was received; <see langword="null"/> if none is known.</param>
    /// <param name="now">The time.</param>
    /// <param name="limit">The limit.</param>
    /// <returns><see langword="null"/> if the check does not apply: a sample may lack the events of a small store, and without a journal nothing is known.</returns>
    internal static QualityCheck? SilenceOf(double sampled, DateTime? last, DateTimeOffset now, TimeSpan limit) => sampled < 1 || last is not { } at ? null
        : new QualityCheck(Silent, (long)Math.Max(0, (now.UtcDateTime - at).TotalHours), 1, Percent: null, limit.TotalHours, now.UtcDateTime - at > limit);

    // Counts since the last run. These counters are not kept by store.
    List<QualityCheck> OfEngine()
    {
        var now = (Received: host.Metrics.Received, Duplicates: Enumerable.Range(0, host.Partitions.Count).Sum(i => host.Partitions[i].Counters.Duplicates),
            Rejected: Enum.GetValues<EventErrorCode>().Where(code => code != EventErrorCode.None).Sum(host.Counters.RejectedFor));
        var (former, limits) = (_before, host.Config.DataQuality);
        _before = now;
        return
        [
            QualityCheck.Compare(Duplicate, now.Duplicates - former.Duplicates, now.Received - former.Received, limits.Duplicate, limits.MinEvents),
            QualityCheck.Compare(Rejected, now.Rejected - former.Rejected, now.Received - former.Received, limits.Rejected, limits.MinEvents),
        ];
    }

    static double LimitOf(DataQualityConfig limits, string check) => check switch
    {
        StoreQuality.WithoutUser => limits.WithoutUser,
        StoreQuality.WithoutPrice => limits.WithoutPrice,
        StoreQuality.WithoutCurrency => limits.WithoutCurrency,
        StoreQuality.UnknownProduct => limits.UnknownProduct,
        StoreQuality.LateEvents => limits.Late,
        StoreQuality.FutureEvents => limits.Future,
        StoreQuality.AddressIds => limits.AddressIds,
        _ => limits.Clamped,
    };

    [LoggerMessage(EventName = "data_quality", Level = LogLevel.Warning,
        Message = "The events of {Store} exceed a limit of dataQuality in the last hour: {Check} {Count} of {Of}, limit {Limit}; GET /v1/data-quality has all checks")]
    partial void LogExceeded(string store, string check, long count, long of, double limit);
}
