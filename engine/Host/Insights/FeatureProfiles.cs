using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Insights;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Insights;
using CartRecovery.Host.Composition;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Insights;

/// <summary>Measures the distributions of the features of carts with events in the last day. A sample of the journal selects the carts; the live state has the features.</summary>
/// <param name="host">The engine.</param>
/// <param name="insights">Stores the profiles.</param>
sealed class FeatureProfiles(EngineHost host, InsightStore insights)
{
    // Carts of a store, and of all stores together, which share them equally.
    const int MaxCarts = 5_000, MaxAll = 20_000;

    // Fewer carts give no meaningful distribution.
    const int MinCarts = 30;

    const int MaxPages = 64;

    // The workers answer lookups between two batches of events: a thousand a second do not show.
    const int Batch = 100;

    static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(100);

    const double Share = 0.5;

    static readonly TimeSpan s_period = TimeSpan.FromDays(1), s_retention = TimeSpan.FromDays(90);

    static readonly FeatureVector s_all = new(FeatureTable.Names);

    /// <summary>Measures the carts of the last day.</summary>
    public async Task MeasureAsync(JobContext job, CancellationToken stop)
    {
        if (!host.Config.Journal.Enabled)
        {
            job.Log("there is no journal (journal.enabled), which would name the carts");
            return;
        }

        var now = job.Time.GetUtcNow();
        var range = new TimeRange((now - s_period).ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds());
        var carts = await Task.Factory.StartNew(() => CartsOf(range, job.Time, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var profiles = new List<(string Store, string Json)>();
        foreach (var store in host.Stores.Stores.Where(store => carts.Of(store.Number).Count >= MinCarts))
        {
            if (await ProfileAsync(store, carts.Of(store.Number), now, job.Time, stop) is { } profile)
            {
                profiles.Add((store.Id, JsonSerializer.Serialize(profile, ApiJson.Default.FeatureProfile)));
            }
        }

        await insights.SaveAsync(InsightStore.Features, now, profiles, s_retention, stop);
        job.Log(string.Create(CultureInfo.InvariantCulture, $"{carts.Stores.Sum(number => carts.Of(number).Count)} carts; profiles of {profiles.Count} stores with {MinCarts} carts at least"));
    }

    CartSample CartsOf(TimeRange range, TimeProvider time, CancellationToken stop)
    {
        var carts = new CartSample(MaxCarts, MaxAll);
        new JournalSample(host.Exports.Journals(), MaxPages).Read(range, new ReplayPace(Share, time), (_, in record) => carts.Add(record.Store, record.Cart), stop);
        return carts;
    }

    async Task<FeatureProfile?> ProfileAsync(Store store, IReadOnlyCollection<Hash128> carts, DateTimeOffset now, TimeProvider time, CancellationToken stop)
    {
        var values = Enumerable.Range(0, s_all.Count).Select(_ => new List<float>(carts.Count)).ToArray();
        var (row, clock) = (new float[s_all.Count], new StoreClock(store.TimeZone) { Holidays = store.Holidays });
        var count = 0;
        foreach (var key in carts)
        {
            if (++count % Batch == 0)
            {
                await Task.Delay(s_rest, time, stop);
            }

            if (await host.Partitions.FindAsync(key, stop) is not { } cart)
            {
                continue;
            }

            s_all.Fill(cart, clock.At(cart.LastAt), row);
            for (var i = 0; i < row.Length; i++)
            {
                values[i].Add(row[i]);
            }
        }

        return values[0].Count < MinCarts ? null : new FeatureProfile(now.UtcDateTime, values[0].Count, FeatureStatistics.Probabilities,
            [.. values.Select((of, i) => FeatureStatistics.Of(s_all.Names[i], of))]);
    }
}
