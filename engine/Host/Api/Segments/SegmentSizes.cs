using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Segments;

/// <summary>
/// Estimates how many are in a segment. A sample of each partition's carts in memory is compared on its worker, which takes less than a millisecond; their customers'
/// attributes are read on the journey thread, a few at a time.
/// </summary>
sealed class SegmentSizes(PartitionSet partitions, JourneyWorker journeys, IJourneyOptionsProvider inForce, TimeProvider time)
{
    /// <summary>Maximum number of records of all samples together.</summary>
    public const int MaxSample = 4_000;

    // Customers read at a time on the journey thread.
    const int MaxRead = 200;

    // Granularity of counts by customers' attributes for callers without access to personal data.
    const int Step = 10;

    /// <summary>Estimates a segment's size.</summary>
    /// <param name="store">The store.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="isCoarse">Whether to round counts by customers' attributes down to tens, so that they reveal no single customer's attributes.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public async Task<SegmentSize> EstimateAsync(Store store, Segment segment, bool isCoarse, CancellationToken cancellation)
    {
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        var conditions = segment.Definition.Conditions ?? [];
        var sample = new Sample(store, conditions, inForce, at);
        var (looked, slots) = (0L, 0L);
        var isExact = true;
        for (var i = 0; i < partitions.Count; i++)
        {
            var (taken, all) = await partitions[i].SampleAsync(Math.Max(1, MaxSample / partitions.Count), sample.Add, cancellation);
            (looked, slots, isExact) = (looked + taken, slots + all, isExact && taken == all);
        }

        var ofCustomer = conditions.Where(condition => condition.Customer is not null).ToArray();
        if (ofCustomer.Length > 0)
        {
            foreach (var some in sample.Matching.Chunk(MaxRead))
            {
                var holding = await journeys.InvokeAsync((engine, _) => some.Where(cart => Holds(engine, cart.Customer, ofCustomer)).ToArray()).WaitAsync(cancellation);
                sample.Found.AddRange(holding);
            }
        }
        else
        {
            sample.Found.AddRange(sample.Matching);
        }

        var scale = looked == 0 ? 0 : slots / (double)looked;
        long Estimate(int count) => isExact ? count : (long)Math.Round(count * scale);
        int Shown(int count) => isCoarse && ofCustomer.Length > 0 ? count / Step * Step : count;
        SampledCount Count(int matching, int known) => new(Estimate(Shown(matching)), Estimate(known), known, Shown(matching));
        return new SegmentSize(segment.Key, segment.Version,
            Count(sample.Found.Count, sample.Carts),
            Count(sample.Found.Where(cart => cart.Customer != default).Select(cart => cart.Customer).Distinct().Count(), sample.Customers.Count),
            isExact, at.UtcDateTime, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1));
    }

    static bool Holds(JourneyEngine engine, in Hash128 customer, FlagCondition[] conditions)
    {
        if (engine.Store.Customers.AttributesOf(customer) is not { } attributes)
        {
            return false;
        }

        var subject = new FlagSubject(targetingKey: null) { CustomerAttributes = JsonElement.Parse(attributes) };
        return Array.TrueForAll(conditions, condition => condition.Holds(subject));
    }

    // Filled by one worker after another.
    sealed class Sample(Store store, IReadOnlyList<FlagCondition> conditions, IJourneyOptionsProvider inForce, DateTimeOffset at)
    {
        readonly FlagCondition[] _ofCart = [.. conditions.Where(condition => condition.Feature is not null)];
        readonly FeatureMoment _moment = new StoreClock(store.TimeZone) { Money = new StoreMoney(CurrencyCode.Parse(store.Currency), inForce.JourneyOptions.Campaigns.Rates) }
            .At(at.ToUnixTimeMilliseconds());

        public int Carts { get; private set; }

        public HashSet<Hash128> Customers { get; } = [];

        // The carts of which the conditions on the cart hold, by their customers; the empty key for somebody who is not signed in.
        public List<(int Cart, Hash128 Customer)> Matching { get; } = [];

        public List<(int Cart, Hash128 Customer)> Found { get; } = [];

        public void Add(in CartRecord cart)
        {
            if (cart.Store != store.Number)
            {
                return;
            }

            Carts++;
            var customer = cart.UserLength == 0 || cart.UserStanding == Standing.Claimed ? default : store.Ids.CustomerOf(cart.UserId);
            if (customer != default)
            {
                Customers.Add(customer);
            }

            var (record, moment) = (cart, _moment);
            var subject = new FlagSubject(targetingKey: null) { Features = name => FeatureTable.Names.Contains(name) ? FeatureTable.Get(name).Compare(record, moment) : null };
            if (Array.TrueForAll(_ofCart, condition => condition.Holds(subject)))
            {
                Matching.Add((Carts, customer));
            }
        }
    }
}
