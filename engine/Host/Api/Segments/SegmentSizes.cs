using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Segments;

/// <summary>
/// Estimates how many are in a segment. A sample of each partition's carts in memory is compared on its worker, and their customers' attributes are read on the
/// journey thread, both some hundred at a time.
/// </summary>
sealed class SegmentSizes(PartitionSet partitions, JourneyWorker journeys, IJourneyOptionsProvider inForce, TimeProvider time)
{
    /// <summary>Maximum number of records of all samples together.</summary>
    public const int MaxSample = 4_000;

    // Customers read at a time on the journey thread.
    const int MaxRead = 200;

    /// <summary>Estimates a segment's size.</summary>
    /// <param name="store">The store.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public async Task<SegmentSize> EstimateAsync(Store store, VersionedDefinition<SegmentDefinition> segment, CancellationToken cancellation)
    {
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        var compiled = SegmentCompiler.Compile(segment.Definition);
        var moment = new StoreClock(store.TimeZone) { Holidays = store.Holidays, Money = new StoreMoney(CurrencyCode.Parse(store.Currency), inForce.JourneyOptions.Campaigns.Rates) }
            .At(at.ToUnixTimeMilliseconds());
        var ofPartition = Math.Max(1, MaxSample / partitions.Count);
        var sample = new SegmentSample(store, compiled, moment, ofPartition * partitions.Count);
        var (scales, isExact) = (new double[partitions.Count], true);
        for (var i = 0; i < partitions.Count; i++)
        {
            var records = new RecordSample(ofPartition);
            sample.Partition = i;
            await partitions[i].SampleAsync(records, sample.Add, cancellation);
            scales[i] = records.IsExact || records.Looked == 0 ? 1 : Math.Max(1, records.Places / (double)records.Looked);
            isExact &= records.IsExact;
        }

        var found = sample.Carts.Where(cart => cart.Matches).ToList();
        if (compiled is { OfCustomer.Count: > 0 })
        {
            var holding = await HoldingAsync([.. found.Select(cart => cart.Customer).Where(customer => customer != default).Distinct()], compiled, cancellation);
            found.RemoveAll(cart => !holding.Contains(cart.Customer));
        }

        // Each partition by its own scale: one may have spilled more to disk than another.
        double Carts(IEnumerable<(int Partition, Hash128 Customer, bool Matches)> some) => some.Sum(cart => scales[cart.Partition]);
        long Customers(List<(int Partition, Hash128 Customer, bool Matches)> some) => Rounded(DistinctCount.Of(some.Select(cart => cart.Customer), Carts(some)));
        var (signedIn, foundSignedIn) = (sample.Carts.FindAll(IsSignedIn), found.FindAll(IsSignedIn));
        return new SegmentSize(segment.Name, segment.Version,
            new SampledCount(Rounded(Carts(found)), Rounded(Carts(sample.Carts)), sample.Carts.Count, found.Count),
            new SampledCount(Customers(foundSignedIn), Customers(signedIn), signedIn.DistinctBy(cart => cart.Customer).Count(), foundSignedIn.DistinctBy(cart => cart.Customer).Count()),
            isExact, at.UtcDateTime, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1));
    }

    async Task<HashSet<Hash128>> HoldingAsync(Hash128[] customers, CampaignSegment segment, CancellationToken cancellation)
    {
        var holding = new HashSet<Hash128>(customers.Length);
        foreach (var some in customers.Chunk(MaxRead))
        {
            holding.UnionWith(await journeys.InvokeAsync((engine, _) =>
                some.Where(customer => segment.HoldsFor(engine.Store.Customers.AttributesOf(customer))).ToArray()).WaitAsync(cancellation));
        }

        return holding;
    }

    static bool IsSignedIn((int Partition, Hash128 Customer, bool Matches) cart) => cart.Customer != default;

    static long Rounded(double count) => (long)Math.Round(count);
}
