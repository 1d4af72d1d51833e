using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Reconciliation;

/// <summary>
/// Sends missing orders as events, as <c>POST /v1/conversions</c> does: an order counts once, whoever reports it. Leaves out orders that
/// the engine may have had: those of carts that it does not have (any more), and those that are older than what it keeps.
/// </summary>
sealed class OrderRepair(JourneyReports reports, PartitionSet partitions, IngestOptions ingest, IJourneyOptionsProvider options, AuditLog audit, TimeProvider time)
{
    // Orders looked up, or sent, at once.
    const int Chunk = 500;

    // The longest wait for partitions under backpressure.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Sends orders.</summary>
    /// <param name="of">The store.</param>
    /// <param name="told">Who asks.</param>
    /// <param name="reportId">The report's id.</param>
    /// <param name="missing">Orders that the engine does not have.</param>
    /// <param name="errors">Receives those that are not sent, and why.</param>
    /// <param name="cancellation">Ends it before the first order is sent; afterwards it goes on.</param>
    /// <returns>The ids of the orders that are durable, and whether all that were sent are.</returns>
    public async Task<(HashSet<string> Repaired, bool IsDurable)> RunAsync(
        Store of, ToldOrders told, string reportId, IReadOnlyList<ShopRow> missing, LineErrors errors, CancellationToken cancellation)
    {
        var repaired = new HashSet<string>(StringComparer.Ordinal);
        var sent = await SelectAsync(of, missing, errors, cancellation);
        if (sent.Count == 0)
        {
            return (repaired, true);
        }

        // Before the first event, so that none is without an entry, however this ends.
        await audit.RecordAsync(new AuditEvent(told.By, "reconciliation.repair", $"reconciliation:{reportId}", of.Id,
            string.Create(CultureInfo.InvariantCulture, $$"""{"orders":{{sent.Count}}}"""))
        { Address = told.Address }, cancellation);
        var key = new StoreKey(of, KeyKind.Secret, LoopbackOnly: false, []);
        foreach (var chunk in sent.Chunk(Chunk))
        {
            var source = new RequestSource(ingest, new Client(key));
            if (!await TrySendAsync(source, chunk))
            {
                errors.Add(chunk[0].Line, "not durable in time, from this order on: send the list again");
                return (repaired, false);
            }

            var rejected = source.Rejected.ToDictionary(rejection => (int)rejection.Index, rejection => rejection.Problem.Message);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (rejected.TryGetValue(i, out var problem))
                {
                    errors.Add(chunk[i].Line, $"not repaired: {problem}");
                }
                else
                {
                    repaired.Add(chunk[i].OrderId!);
                }
            }
        }

        return (repaired, true);
    }

    async Task<bool> TrySendAsync(RequestSource source, ShopRow[] rows)
    {
        using var patience = new CancellationTokenSource(s_patience, time);
        try
        {
            await source.SubmitAsync(Write(rows).Span, patience.Token);
            return await source.WaitAsync(CancellationToken.None);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return false;
        }
    }

    async Task<List<ShopRow>> SelectAsync(Store of, IReadOnlyList<ShopRow> missing, LineErrors errors, CancellationToken cancellation)
    {
        var selected = new List<ShopRow>();
        var now = time.GetUtcNow();
        var oldest = now - TimeSpan.FromMilliseconds(Math.Min(ingest.MaxAge.TotalMilliseconds, options.JourneyOptions.Retention));
        foreach (var chunk in missing.Chunk(Chunk))
        {
            var unnamed = KnownOrders.CartsWithUnnamed(reports, of.Id, chunk.Where(row => row.CartId is { Length: > 0 }).Select(row => KeyOf(of, row)));
            foreach (var row in chunk)
            {
                var problem = row.Status == "cancelled" ? "the order is cancelled"
                    : row.CartId is not { Length: > 0 } || row.Value is null || row.At is null ? "an order event takes cartId, value and at"
                    : row.At < oldest ? "the order is older than events may be (limits.past, contact.retention)"
                    : row.At > now + ingest.MaxAhead ? "'at' is in the future (limits.future)"
                    : unnamed.Contains(KeyOf(of, row)) ? "the cart has an order without orderId, which may be this one"
                    : await ProblemOfCartAsync(of, row, cancellation);
                if (problem is null)
                {
                    selected.Add(row);
                }
                else
                {
                    errors.Add(row.Line, $"not repaired: {problem}");
                }
            }
        }

        return selected;
    }

    // Of a person who was forgotten, the order and its cart were erased, and the list does not say so.
    async Task<string?> ProblemOfCartAsync(Store of, ShopRow row, CancellationToken cancellation) =>
        await partitions.FindAsync(KeyOf(of, row), cancellation) is not { } cart ? "the engine does not have the cart, or not any more"
        : row.At!.Value.ToUnixTimeMilliseconds() < cart.FirstAt ? "the cart began after the order"
        : null;

    static Hash128 KeyOf(Store of, ShopRow row) => of.Ids.CartOf(Encoding.UTF8.GetBytes(row.CartId!));

    static ReadOnlyMemory<byte> Write(IEnumerable<ShopRow> rows)
    {
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        using var json = new Utf8JsonWriter(output);
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartObject();
            // Of any length, and one that counted before changes nothing.
            json.WriteString("id"u8, $"order.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(row.OrderId!)))}");
            json.WriteString("type"u8, "purchase"u8);
            json.WriteNumber("ts"u8, row.At!.Value.ToUnixTimeMilliseconds());
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
}
