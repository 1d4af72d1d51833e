using System.Globalization;
using System.Text;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Exports;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Reconciliation;

/// <summary>
/// Compares a shop's orders and carts with the engine's, and saves the report. If asked, sends missing orders as events; changes nothing else. Compares one list of a store at a time.
/// </summary>
sealed class Reconciler(
    JourneyReports reports, JourneyWorker journeys, PartitionSet partitions, IngestOptions ingest, OrderRepair repair, ReconciliationStore store, TimeProvider time)
{
    /// <summary>Maximum number of differences that a report has.</summary>
    public const int MaxDifferences = 1000;

    /// <summary>Maximum number of lists that are compared at once.</summary>
    public const int Max = 4;

    // Number of orders looked up at once.
    const int Chunk = 500;

    // Smaller differences are rounding: half a cent.
    const decimal Tolerance = 0.005m;

    readonly StoreSlots _slots = new(Max);

    /// <summary>Reserves the comparison of a store.</summary>
    /// <returns>The reservation, to be disposed; <see langword="null"/> if another comparison of the store is running, or too many of others.</returns>
    public IDisposable? TryBegin(string of) => _slots.TryTake(of);

    /// <summary>Compares a list. Call with a reservation of <see cref="TryBegin"/>.</summary>
    /// <param name="of">The store.</param>
    /// <param name="told">The shop's list.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="FormatException">The list cannot be read.</exception>
    /// <exception cref="TimeoutException">Orders that were sent were not durable in time. The report is kept.</exception>
    public async Task<ReconciliationReport> RunAsync(Store of, ToldOrders told, CancellationToken cancellation)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("n");
        var errors = new LineErrors();
        var rows = ShopRowReader.Read(told.Text, told.IsCsv, errors.Add, cancellation);
        Forget(of, rows, errors);
        var orders = new Dictionary<string, ShopRow>(StringComparer.Ordinal);
        foreach (var row in rows.Where(row => row.OrderId is { Length: > 0 }))
        {
            if (!orders.TryAdd(row.OrderId!, row))
            {
                errors.Add(row.Line, $"duplicate of the order in line {orders[row.OrderId!].Line}");
            }
        }

        await partitions.FlushAsync(cancellation);
        await journeys.CatchUpForReportAsync();
        var differences = new List<ReconciliationDifference>();
        var carts = rows.Where(row => row.OrderId is not { Length: > 0 }).ToArray();
        var matched = CompareOrders(of, orders.Values, differences) + await CompareCartsAsync(of, carts, differences, cancellation);
        if (told.Period is var (from, to))
        {
            differences.AddRange(KnownOrders.Placed(reports, of.Id, from, to, ShopRowReader.MaxRows).Where(id => !orders.ContainsKey(id))
                .Select(id => new ReconciliationDifference(ReconciliationDifference.MissingThere, Line: null, id, CartId: null)));
        }

        var missing = differences.Where(d => d is { Kind: ReconciliationDifference.MissingHere, OrderId: not null }).Select(d => orders[d.OrderId!]).ToArray();
        var (repaired, isDurable) = told.Repair ? await repair.RunAsync(of, told, id, missing, errors, cancellation) : ([], true);
        differences = differences.ConvertAll(difference => difference with { Repaired = difference.OrderId is { } order && repaired.Contains(order) });
        var report = new ReconciliationReport(
            id, of.Id, time.GetUtcNow().UtcDateTime, told.By, told.Source, told.Repair, orders.Count, carts.Length, matched,
            Count(ReconciliationDifference.MissingHere), Count(ReconciliationDifference.MissingThere),
            differences.Where(difference => difference.Kind == ReconciliationDifference.Differs).Select(difference => difference.Line).Distinct().Count(),
            repaired.Count, errors.Count, [.. differences.Take(MaxDifferences)], errors.First);

        // What was sent is reported, also if the client has gone.
        await store.AddAsync(report, told.Address, told.Repair ? CancellationToken.None : cancellation);
        return isDurable ? report : throw new TimeoutException("The orders were not durable in time. Send the list again; each order counts once.");

        int Count(string kind) => differences.Count(difference => difference.Kind == kind);
    }

    // A report must not have what the engine has just erased.
    void Forget(Store of, List<ShopRow> rows, LineErrors errors) => rows.RemoveAll(row =>
    {
        var isForgotten = row.UserId is { Length: > 0 } user && ingest.Forgotten.Contains(of.IdUtf8, Encoding.UTF8.GetBytes(user));
        if (isForgotten)
        {
            errors.Add(row.Line, "the customer is forgotten");
        }

        return isForgotten;
    });

    int CompareOrders(Store of, IEnumerable<ShopRow> orders, List<ReconciliationDifference> differences)
    {
        var matched = 0;
        foreach (var chunk in orders.Chunk(Chunk))
        {
            var known = KnownOrders.Find(reports, of.Id, chunk.Select(row => row.OrderId!));
            foreach (var row in chunk)
            {
                var before = differences.Count;
                if (!known.TryGetValue(row.OrderId!, out var order))
                {
                    differences.Add(new ReconciliationDifference(ReconciliationDifference.MissingHere, row.Line, row.OrderId, row.CartId));
                }
                else if (order.Value.Count > 0)
                {
                    Compare(of, row, order, differences);
                }

                matched += differences.Count == before ? 1 : 0;
            }
        }

        return matched;
    }

    // Orders without a value are not compared: the engine keeps only their id, since no campaign was triggered for the shopper.
    static void Compare(Store of, ShopRow row, KnownOrder order, List<ReconciliationDifference> differences)
    {
        var currency = row.Currency?.ToUpperInvariant() ?? (order.Value.Count == 1 ? order.Value.Keys.First() : of.Currency);
        var isCancelled = row.Status == "cancelled";
        if (row.Status is not null && isCancelled != order.IsReturned)
        {
            Add("status", row.Status, order.IsReturned ? "cancelled" : "placed");
        }

        if (row.Currency is not null && !order.Value.ContainsKey(currency))
        {
            Add("currency", currency, string.Join(' ', order.Value.Keys.Order(StringComparer.Ordinal)));
        }
        else if (row.Value is { } value && !isCancelled && order.Value.ContainsKey(currency) && Math.Abs(value - order.Value.GetValueOrDefault(currency)) > Tolerance)
        {
            Add("value", TextOf(value), TextOf(order.Value.GetValueOrDefault(currency)));
        }

        void Add(string field, string shop, string engine) =>
            differences.Add(new ReconciliationDifference(ReconciliationDifference.Differs, row.Line, row.OrderId, row.CartId, field, shop, engine));
    }

    async Task<int> CompareCartsAsync(Store of, IReadOnlyList<ShopRow> carts, List<ReconciliationDifference> differences, CancellationToken cancellation)
    {
        var matched = 0;
        foreach (var row in carts)
        {
            var before = differences.Count;
            if (await partitions.FindAsync(of.Ids.CartOf(Encoding.UTF8.GetBytes(row.CartId!)), cancellation) is not { } cart)
            {
                differences.Add(new ReconciliationDifference(ReconciliationDifference.MissingHere, row.Line, OrderId: null, row.CartId));
                continue;
            }

            if (row.ItemCount is { } count && count != cart.ItemCount)
            {
                Add("itemCount", TextOf(count), TextOf(cart.ItemCount));
            }

            if (row.Value is { } value && Math.Abs(value - Money.ToDecimal(cart.Value)) > Tolerance)
            {
                Add("value", TextOf(value), TextOf(Money.ToDecimal(cart.Value)));
            }

            if (row.Currency is { } currency && cart.Currency != 0 && CurrencyCode.Parse(currency) != cart.Currency)
            {
                Add("currency", currency.ToUpperInvariant(), CurrencyCode.ToString(cart.Currency));
            }

            matched += differences.Count == before ? 1 : 0;

            void Add(string field, string shop, string engine) =>
                differences.Add(new ReconciliationDifference(ReconciliationDifference.Differs, row.Line, OrderId: null, row.CartId, field, shop, engine));
        }

        return matched;
    }

    static string TextOf(decimal number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}
