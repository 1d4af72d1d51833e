using System.Globalization;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Carts;

/// <summary><c>GET /v1/carts</c>: carts for which a campaign was triggered, with their current state.</summary>
static class CartListing
{
    // Maximum concurrent cart look-ups; events queue behind them.
    const int MaxLookups = 32;

    static readonly QueryParameter<string> s_state = QueryParameters.Choice("state", "Returns only carts in this state. A page may then have fewer items than `limit`.",
        ["active", "abandoned", "contacted", "recovered", "purchased", "lost"], @default: null);

    static readonly QueryParameter<string> s_campaign = QueryParameters.Text("campaign", "Returns only carts that triggered this campaign.");
    static readonly QueryParameter<string> s_userId = QueryParameters.Id("userId", "Returns only carts of this customer.", PersonalIdKind.Customer);

    static readonly QueryParameter<long> s_minValue = new("minValue", "Returns only carts worth at least this now. A page may then have fewer items than `limit`.",
        "a number from 0", (text, _) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null)
    {
        Type = "integer",
    };

    public static void Map(IEndpointRouteBuilder group) => group.MapGet("", ListAsync)
        .Describe("listCarts", "List carts",
            "Carts for which a campaign was triggered, the latest trigger first, with their current state and value. `from` and `to` filter by the trigger. "
            + "The engine keeps no list of all carts: one for which none was triggered is not here, but is at its id.")
        .Produces<ItemPage<CartRow>>().WithMetadata(new ReadsReports(), new ShowsPersonalData(IsMasked: true))
        .Query(s_state, s_campaign, s_userId, s_minValue, QueryParameters.From, QueryParameters.To, QueryParameters.Limit, QueryParameters.Cursor);

    static async Task<IResult> ListAsync(
        HttpContext context, Caller caller, PersonalDataView view, RequestQuery query, JourneyReports reports, JourneyWorker journeys, PartitionSet partitions,
        IJourneyOptionsProvider inForce, TimeProvider time)
    {
        var cursor = TimeCursor.Read(query.Of(QueryParameters.Cursor));
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        await journeys.CatchUpForReportAsync();
        var rows = CartList.Of(reports, new CartFilter
        {
            StoreId = caller.Store.Id,
            Campaign = query.Of(s_campaign),
            UserId = query.Of(s_userId),
            From = query.Of(QueryParameters.From, long.MinValue),
            Before = Math.Min(query.Of(QueryParameters.To, long.MaxValue), cursor.At + 1),
            Skip = cursor.Skip,
            Limit = limit + 1,
        });
        var page = rows.Take(limit).ToArray();
        string? next = null;
        if (rows.Count > limit)
        {
            var last = page[^1].TriggeredAt;
            var tieCount = page.Reverse().TakeWhile(cart => cart.TriggeredAt == last).Count();
            next = string.Create(CultureInfo.InvariantCulture, $"{last}-{tieCount + (last == cursor.At ? cursor.Skip : 0)}");
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var items = new List<CartRow>(page.Length);
        foreach (var chunk in page.Chunk(MaxLookups))
        {
            var records = await Task.WhenAll(chunk.Select(cart => partitions.FindAsync(cart.Cart, context.RequestAborted)));
            items.AddRange(chunk.Zip(records, (cart, record) => RowOf(cart, record, view, now, inForce.JourneyOptions)));
        }

        items.RemoveAll(row => (query.Of(s_state) is { } state && row.State != state) || row.Value < query.Of(s_minValue, 0));
        return TypedResults.Ok(new ItemPage<CartRow>(items, SealedCursor.Seal(context, next)));
    }

    static CartRow RowOf(ListedCart listed, in CartRecord? record, PersonalDataView view, long now, JourneyOptions options)
    {
        // All but the state, the content and the time of the last event, which an engine that has forgotten the cart does not know.
        var row = new CartRow(
            view.CartId(listed.CartId)!, view.UserId(listed.UserId), listed.IsRecovered ? "recovered" : "lost", 0, 0, Currency: null, listed.Campaign, listed.Variant,
            listed.IsHoldout, listed.Sent, TimeOf(listed.ContactedAt), TimeOf(listed.TriggeredAt)!.Value, UpdatedAt: null);
        return record is not { } cart ? row : row with
        {
            State = CartsRoutes.StateOf(cart, listed.IsRecovered, listed.ContactedAt, now, options),
            ItemCount = cart.ItemCount,
            Value = Money.ToDecimal(cart.Value),
            Currency = CurrencyCode.ToString(cart.Currency),
            UpdatedAt = TimeOf(cart.LastAt),
        };
    }

    static DateTime? TimeOf(long at) => at == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime;
}

/// <summary>A cart for which a campaign was triggered.</summary>
/// <param name="CartId">The cart.</param>
/// <param name="UserId">The signed-in customer; null for none.</param>
/// <param name="State">active, abandoned, contacted, recovered, lost or purchased.</param>
/// <param name="ItemCount">Items in the cart now.</param>
/// <param name="Value">Their value.</param>
/// <param name="Currency">The currency of the value, ISO 4217; null if the engine does not know the cart any more.</param>
/// <param name="Campaign">The campaign that was triggered last.</param>
/// <param name="Variant">Its variant.</param>
/// <param name="Holdout">Whether the shopper is in the holdout.</param>
/// <param name="Sent">Messages sent.</param>
/// <param name="SentAt">When the last was sent.</param>
/// <param name="TriggeredAt">When a campaign was last triggered.</param>
/// <param name="UpdatedAt">The time of its last event; null if the engine does not know the cart any more.</param>
sealed record CartRow(
    string CartId, string? UserId, string State, decimal ItemCount, decimal Value, string? Currency, string Campaign, string Variant, bool Holdout, long Sent,
    DateTime? SentAt, DateTime TriggeredAt, DateTime? UpdatedAt);
