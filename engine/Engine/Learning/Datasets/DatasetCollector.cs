using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>
/// Collects the rows of a data set from a replay: through the decoder and fold that served them, so that a row's features are those that
/// were scored. Samples carts and rows by
/// seed, so that memory is bounded. Carts that count as bots' are left out with all their rows, whenever they were found to be. One thread.
/// </summary>
/// <param name="options">Which rows.</param>
public sealed class DatasetCollector(DatasetOptions options) : IRowObserver
{
    static readonly FeatureVector s_all = new(FeatureTable.Names);

    readonly Dictionary<Hash128, CartRows> _carts = [];
    readonly Dictionary<int, JournalRow> _unscored = [];
    readonly long _horizon = (long)options.Horizon.TotalMilliseconds;
    readonly long _lateness = (long)options.Lateness.TotalMilliseconds;
    readonly HashSet<int> _confirming = [];
    readonly Dictionary<(int Store, ulong Order), Hash128> _orders = [];
    ulong _share = ulong.MaxValue;
    Hash128 _bot;
    long _rows;

    /// <summary>Number of rows that were scored, with those that are not in the sample.</summary>
    public long Seen { get; private set; }

    /// <summary>Number of rows whose labels are not known yet.</summary>
    public long Immature { get; private set; }

    /// <summary>Number of carts of the sample that are left out as bots'.</summary>
    public int Bots => _carts.Values.Count(cart => cart.IsBot);

    /// <summary>The share of carts in the sample, above 0, at most 1.</summary>
    public double Share => _share / (double)ulong.MaxValue;

    /// <inheritdoc/>
    public void OnEvent(in CartRecord cart, in EventRecord e, bool isBot)
    {
        _bot = isBot ? e.Cart : default;
        if (e.Type == EventType.Purchase && e.Standing == Standing.Server)
        {
            _confirming.Add(e.Store);
        }

        if (!IsSampled(e))
        {
            return;
        }

        // Before the cart's first row, there is nothing to label, and no bot to remember: its record says so.
        if (!_carts.TryGetValue(e.Cart, out var rows))
        {
            return;
        }

        rows.Customer = e.UserLength > 0 ? e.Customer : rows.Customer;
        if (isBot && !rows.IsBot)
        {
            rows.IsBot = true;
            _rows -= rows.Kept.Count;
            rows.Kept.Clear();
        }
    }

    /// <inheritdoc/>
    public void OnOrder(in CartRecord cart, in EventRecord e, ulong order)
    {
        // An order is its first cart's, whichever a later word on it names.
        var key = order != 0 && _orders.TryGetValue((e.Store, order), out var first) ? first : e.HasNoCart ? default : e.Cart;
        if (key == default || !_carts.TryGetValue(key, out var rows))
        {
            return;
        }

        if (order != 0 && e.Type == EventType.Purchase)
        {
            _orders.TryAdd((e.Store, order), key);
        }

        rows.Currency = key == e.Cart ? cart.Currency : rows.Currency;
        rows.Orders.Apply(e, order, rows.Currency, cart.SessionCount);
    }

    /// <inheritdoc/>
    public void OnRow(int index, in CartRecord cart, in EventRecord e, in FeatureMoment moment, long receivedAt)
    {
        _unscored.Remove(index);
        if (receivedAt >= options.Until || (options.Store is { } only && only != e.Store)
            || e.Type == EventType.Purchase || cart.Checkout == CheckoutStep.Purchased || _bot == e.Cart)
        {
            return;
        }

        Seen++;
        var isLabelled = Math.Max(receivedAt, moment.At) <= options.KnownUntil - _horizon - _lateness;
        Immature += isLabelled ? 0 : 1;
        if (!(isLabelled || options.KeepsUnlabelled) || !IsSampled(e))
        {
            return;
        }

        ref var rows = ref CollectionsMarshal.GetValueRefOrAddDefault(_carts, e.Cart, out _);
        rows ??= new CartRows();
        rows.Customer = e.UserLength > 0 ? e.Customer : rows.Customer;
        if (rows.IsBot)
        {
            return;
        }

        // Reservoir sampling (Vitter's algorithm R), with a hash in place of a generator.
        rows.Seen++;
        var place = rows.Kept.Count < options.RowsPerCart ? rows.Kept.Count
            : (int)(Mix(e.Cart.High ^ e.Cart.Low ^ options.Seed ^ (ulong)rows.Seen) % (ulong)rows.Seen);
        if (place >= options.RowsPerCart)
        {
            return;
        }

        var row = new JournalRow
        {
            Cart = e.Cart,
            Store = e.Store,
            At = moment.At,
            ReceivedAt = receivedAt,
            IsLabelled = isLabelled,
            Features = new float[s_all.Count],
            Session = cart.SessionCount,
        };
        s_all.Fill(cart, moment, row.Features);
        _unscored[index] = row;
        if (place < rows.Kept.Count)
        {
            rows.Kept[place] = row;
            return;
        }

        rows.Kept.Add(row);
        _rows++;
        while (_rows > options.MaxRows)
        {
            Halve();
        }
    }

    /// <inheritdoc/>
    public void OnScore(int index, float score)
    {
        if (_unscored.Remove(index, out var row))
        {
            row.Score = score;
        }
    }

    /// <summary>Ends the collection.</summary>
    /// <returns>The rows, in order of time.</returns>
    public JournalDataset Build()
    {
        var groups = new Dictionary<Hash128, int>();
        JournalRow[] rows = [.. _carts.Values.Where(cart => !cart.IsBot).SelectMany(cart => cart.Kept, (cart, row) => (cart, row))
            .OrderBy(one => one.row.At).ThenBy(one => one.row.Cart.High).ThenBy(one => one.row.Cart.Low).ThenBy(one => one.row.ReceivedAt)
            .Select(one =>
            {
                var shopper = one.cart.Customer == default ? one.row.Cart : one.cart.Customer;
                groups.TryAdd(shopper, groups.Count);
                one.row.Group = groups[shopper];

                // What a browser says is a claim. It counts where no server reports orders.
                one.cart.Orders.Label(one.row, one.row.At + _horizon, _confirming.Contains(one.row.Store));
                return one.row;
            })];
        return new JournalDataset(rows) { Seen = Seen, Immature = Immature, Bots = Bots, Share = Share };
    }

    bool IsSampled(in EventRecord e) => Mix(e.Cart.Low ^ options.Seed) <= _share;

    void Halve()
    {
        _share /= 2;
        foreach (var key in _carts.Keys.Where(key => Mix(key.Low ^ options.Seed) > _share).ToArray())
        {
            _rows -= _carts[key].Kept.Count;
            _carts.Remove(key);
        }

        foreach (var order in _orders.Where(order => !_carts.ContainsKey(order.Value)).Select(order => order.Key).ToArray())
        {
            _orders.Remove(order);
        }
    }

    // SplitMix64's finalizer.
    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    sealed class CartRows
    {
        public List<JournalRow> Kept { get; } = [];

        public int Seen { get; set; }

        public bool IsBot { get; set; }

        public Hash128 Customer { get; set; }

        public uint Currency { get; set; }

        public CartOrders Orders { get; } = new();
    }
}
