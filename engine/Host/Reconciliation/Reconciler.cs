using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Reconciliation;

/// <summary>
/// Compares a shop's orders and carts with the engine's, and saves the report. If asked, sends missing orders as events; changes nothing else. Compares one list at a time.
/// </summary>
sealed class Reconciler(JourneyReports reports, JourneyWorker journeys, PartitionSet partitions, IngestOptions ingest, ReconciliationStore store, TimeProvider time) : IDisposable
{
    /// <summary>Maximum number of differences and of errors in a report.</summary>
    public const int MaxDifferences = 1000, MaxErrors = 100;

    // Number of orders looked up or sent at once.
    const int Chunk = 500;

    // Smaller differences are rounding: half a cent.
    const decimal Tolerance = 0.005m;

    readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Reserves the comparison.</summary>
    /// <returns>The reservation, to be disposed; <see langword="null"/> if another comparison is running.</returns>
    public IDisposable? TryBegin() => _one.Wait(0) ? new Reservation(_one) : null;

    /// <summary>Compares a list. Call with a reservation of <see cref="TryBegin"/>.</summary>
    /// <param name="of">The store.</param>
    /// <param name="told">The shop's list.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="FormatException">The list cannot be read.</exception>
    public async Task<ReconciliationReport> RunAsync(Store of, ToldOrders told, CancellationToken cancellation)
    {
        var errors = new List<ReconciliationError>();
        var rows = ShopRowReader.Read(told.Text, told.IsCsv, (line, problem) => errors.Add(new ReconciliationError(line, problem)));
        var orders = new Dictionary<string, ShopRow>(StringComparer.Ordinal);
        foreach (var row in rows.Where(row => row.OrderId is { Length: > 0 }))
        {
            if (!orders.TryAdd(row.OrderId!, row))
            {
                errors.Add(new ReconciliationError(row.Line, $"duplicate of the order in line {orders[row.OrderId!].Line}"));
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

        var repaired = told.Repair ? await RepairAsync(of, orders, differences, errors, cancellation) : [];
        differences = differences.ConvertAll(difference => difference with { Repaired = difference.OrderId is { } id && repaired.Contains(id) });
        var report = new ReconciliationReport(
            Guid.CreateVersion7(time.GetUtcNow()).ToString("n"), of.Id, time.GetUtcNow().UtcDateTime, told.By, told.Source, told.Repair, orders.Count, carts.Length, matched,
            Count(ReconciliationDifference.MissingHere), Count(ReconciliationDifference.MissingThere),
            differences.Where(difference => difference.Kind == ReconciliationDifference.Differs).Select(difference => difference.Line).Distinct().Count(),
            repaired.Count, errors.Count, [.. differences.Take(MaxDifferences)], [.. errors.Take(MaxErrors)]);
        await store.AddAsync(report, told.Address, cancellation);
        return report;

        int Count(string kind) => differences.Count(difference => difference.Kind == kind);
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

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
        var currency = row.Currency?.ToUpperInvariant() ?? of.Currency;
        var isCancelled = row.Status == "cancelled";
        if (row.Status is not null && isCancelled != order.IsReturned)
        {
            Add("status", row.Status, order.IsReturned ? "cancelled" : "placed");
        }

        if (row.Currency is not null && !order.Value.ContainsKey(currency))
        {
            Add("currency", currency, string.Join(' ', order.Value.Keys.Order(StringComparer.Ordinal)));
        }
        else if (row.Value is { } value && !isCancelled && Math.Abs(value - order.Value.GetValueOrDefault(currency)) > Tolerance)
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

    // As POST /v1/conversions: the event's id is derived from the order's, so that the order counts once if others report it too.
    async Task<HashSet<string>> RepairAsync(
        Store of, Dictionary<string, ShopRow> orders, List<ReconciliationDifference> differences, List<ReconciliationError> errors, CancellationToken cancellation)
    {
        var repaired = new HashSet<string>(StringComparer.Ordinal);
        var missing = new List<ShopRow>();
        foreach (var row in differences.Where(d => d is { Kind: ReconciliationDifference.MissingHere, OrderId: not null }).Select(d => orders[d.OrderId!]))
        {
            if (row.Status == "cancelled" || row.CartId is not { Length: > 0 } || row.Value is null)
            {
                errors.Add(new ReconciliationError(row.Line, row.Status == "cancelled" ? "not repaired: the order is cancelled" : "not repaired: cartId and value are required"));
                continue;
            }

            missing.Add(row);
        }

        var key = new StoreKey(of, KeyKind.Secret, LoopbackOnly: false, []);
        foreach (var chunk in missing.Chunk(Chunk))
        {
            var source = new RequestSource(ingest, new Client(key));
            await source.SubmitAsync(Write(chunk).Span, cancellation);
            if (!await source.WaitAsync(cancellation))
            {
                throw new IOException("The orders were not durable in time. Send the list again; each order counts once.");
            }

            var rejected = source.Rejected.ToDictionary(rejection => (int)rejection.Index, rejection => rejection.Problem.Message);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (rejected.TryGetValue(i, out var problem))
                {
                    errors.Add(new ReconciliationError(chunk[i].Line, $"not repaired: {problem}"));
                }
                else
                {
                    repaired.Add(chunk[i].OrderId!);
                }
            }
        }

        return repaired;
    }

    ReadOnlyMemory<byte> Write(IEnumerable<ShopRow> rows)
    {
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        using var json = new Utf8JsonWriter(output);
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, $"order.{row.OrderId}");
            json.WriteString("type"u8, "purchase"u8);
            json.WriteNumber("ts"u8, (row.At ?? time.GetUtcNow()).ToUnixTimeMilliseconds());
            json.WriteString("cartId"u8, row.CartId);
            if (row.UserId is { Length: > 0 } user)
            {
                json.WriteString("userId"u8, user);
            }

            json.WriteString("orderId"u8, row.OrderId);
            json.WriteNumber("value"u8, row.Value!.Value);
            if (row.Currency is { } currency)
            {
                json.WriteString("currency"u8, currency);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return output.WrittenMemory;
    }

    static string TextOf(decimal number) => number.ToString("0.####", CultureInfo.InvariantCulture);

    sealed class Reservation(SemaphoreSlim one) : IDisposable
    {
        public void Dispose() => one.Release();
    }
}
