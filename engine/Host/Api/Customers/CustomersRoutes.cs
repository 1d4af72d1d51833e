using System.ComponentModel;
using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Customers;

/// <summary><c>/v1/customers</c>: contacted customers, their reachability and their timeline.</summary>
static class CustomersRoutes
{
    static readonly QueryParameter<string> s_holdout =
        QueryParameters.Choice("holdout", "Returns only customers in the holdout, or only others.", ["true", "false"], @default: null);

    static readonly QueryParameter<string> s_kind =
        QueryParameters.Choice("kind", "Returns only entries of this kind: `not_sent` for messages that were not sent.", CustomerList.Kinds, @default: null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/customers", ApiTags.Customers);
        group.MapGet("", ListAsync)
            .Describe("listCustomers", "List customers",
                "Signed-in customers for whom a campaign was triggered, the latest trigger first. `from` and `to` filter by it.")
            .Report<CustomerRow>(s_holdout, QueryParameters.From, QueryParameters.To).WithMetadata(new ShowsPersonalData(IsMasked: true));
        group.MapGet("/{userId}", GetAsync)
            .Describe("getCustomer", "Get how a customer can be reached", "Addresses, consent and suppression by channel, as the server's events and user tokens told them.")
            .WithMetadata(new ShowsPersonalData(IsMasked: true)).Problems(ApiProblems.CustomerNotFound);
        group.MapGet("/{userId}/timeline", TimelineAsync)
            .Describe("getCustomerTimeline", "Follow a customer",
                "What happened to a customer, latest first: campaigns triggered, messages planned, sent, and not sent with the reason, what became of them, and orders.")
            .Report<TimelineRow>(s_kind, QueryParameters.From, QueryParameters.To).WithMetadata(new ShowsPersonalData(IsMasked: true)).Problems(ApiProblems.CustomerNotFound);
    }

    static async Task<ReportResult> ListAsync(
        Caller caller, RequestQuery query, JourneyReports reports, JourneyWorker journeys, IJourneyOptionsProvider inForce)
    {
        await journeys.CatchUpForReportAsync();
        bool? holdout = query.Of(s_holdout) is { } text ? text == "true" : null;
        return TimeCursor.Page("customers", "triggeredAt", query, (period, skip, limit) =>
            CustomerList.Of(reports, caller.Store.Id, caller.Store.Currency, holdout, period, skip, limit, inForce.JourneyOptions.Campaigns.Rates));
    }

    static async Task<ReportResult> TimelineAsync(
        [Description("The customer's id, percent-encoded.")] string userId, HttpContext context, Caller caller, RequestQuery query, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        var id = CartReader.IdOf(context, userId, PersonalIdKind.Customer, segmentsAfter: 1);
        return TimeCursor.Page("timeline", "at", query, (period, skip, limit) =>
            CustomerList.TimelineOf(
                reports, caller.Store.Id, ForgottenPeople.ShortForm(id), KeyOf(caller, id), query.Of(s_kind), period, skip, limit));
    }

    static async Task<Results<Ok<CustomerReach>, ProblemHttpResult>> GetAsync(
        [Description("The customer's id, percent-encoded.")] string userId, HttpContext context, Caller caller, PersonalDataView view, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        var id = CartReader.IdOf(context, userId, PersonalIdKind.Customer);
        var key = KeyOf(caller, id);
        var reach = await journeys.InvokeAsync((engine, now) => ReachOf(engine.Store.Customers, caller.Store.Id, key, now));
        var last = CustomerList.TimelineOf(
            reports, caller.Store.Id, ForgottenPeople.ShortForm(id), key, kind: null, (long.MinValue, long.MaxValue), skip: 0, limit: 1);
        return last.Rows.Count == 0 && reach.All(channel => channel is { Known: false, Consent: "none" })
            ? ApiProblems.CustomerNotFound.ToResult()
            : TypedResults.Ok(new CustomerReach(view.UserId(id)!, reach[0], reach[1], reach[2], last.Rows.Count == 0 ? null : TimeOf((long)last.Rows[0][0]!)));
    }

    static DateTime TimeOf(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime;

    static Hash128 KeyOf(Caller caller, string userId) => caller.Store.Ids.CustomerOf(Encoding.UTF8.GetBytes(userId));

    /// <summary>Returns how a customer can be reached by e-mail, text message and push notification.</summary>
    public static ChannelReach[] ReachOf(CustomerTables customers, string storeId, Hash128 customer, long now)
    {
        var recipient = customers.ContactOf(customer)?.Recipient ?? new Recipient();
        return [.. ((AddressKind[])[AddressKind.Email, AddressKind.Phone, AddressKind.Push]).Select(kind =>
        {
            var address = CustomerTables.AddressOf(recipient, kind);
            return new ChannelReach(address is not null,
                customers.ConsentOf(customer, kind) is not { } consent ? "none" : !consent.Granted ? "denied" : consent.ExpiresAt <= now ? "expired" : "granted",
                address is not null && customers.IsSuppressed(storeId, kind, address));
        })];
    }
}

/// <summary>A customer for whom a campaign was triggered.</summary>
/// <param name="UserId">The customer's id.</param>
/// <param name="FirstTriggeredAt">When a campaign was first triggered.</param>
/// <param name="TriggeredAt">When a campaign was last triggered.</param>
/// <param name="Journeys">Campaigns that were triggered.</param>
/// <param name="Carts">Carts for which they were.</param>
/// <param name="Holdout">Whether the customer is in the holdout.</param>
/// <param name="Claimed">Whether browsers alone say that these are the customer's carts.</param>
/// <param name="Sent">Messages sent.</param>
/// <param name="SentAt">When the last was sent.</param>
/// <param name="NotSent">Messages not sent.</param>
/// <param name="Orders">Orders after a campaign was triggered, reported by the shop's server.</param>
/// <param name="Revenue">Their value, net of refunds: of orders in other currencies, by the exchange rates.</param>
/// <param name="Currency">The currency of the revenue, ISO 4217.</param>
/// <param name="UnconvertedOrders">Orders in currencies without a rate, which are not in the revenue.</param>
sealed record CustomerRow(
    string UserId, DateTime FirstTriggeredAt, DateTime TriggeredAt, long Journeys, long Carts, bool Holdout, bool Claimed, long Sent, DateTime? SentAt,
    long NotSent, long Orders, double Revenue, string Currency, long UnconvertedOrders);

/// <summary>How a customer can be reached.</summary>
/// <param name="UserId">The customer's id.</param>
/// <param name="Email">By e-mail.</param>
/// <param name="Sms">By text message.</param>
/// <param name="Push">By push notification.</param>
/// <param name="LastAt">When the latest entry of the timeline happened; null if it has none.</param>
sealed record CustomerReach(string UserId, ChannelReach Email, ChannelReach Sms, ChannelReach Push, DateTime? LastAt);

/// <summary>How a customer can be reached on a channel.</summary>
/// <param name="Known">Whether the engine knows an address.</param>
/// <param name="Consent">none, granted, denied or expired.</param>
/// <param name="Suppressed">Whether the address is on the suppression list.</param>
sealed record ChannelReach(bool Known, string Consent, bool Suppressed);

/// <summary>An entry of a customer's timeline.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Kind">triggered, planned, sending, sent, not_sent, delivered, opened, clicked, dismissed, order or refund.</param>
/// <param name="Campaign">The campaign.</param>
/// <param name="Variant">The variant.</param>
/// <param name="Step">The step of the campaign, from 1; null unless it is about a message.</param>
/// <param name="Channel">`socket`, or a sink's name.</param>
/// <param name="CartId">The cart.</param>
/// <param name="Intervention">The message, or the one that an order is attributed to.</param>
/// <param name="Reason">Why it was not sent, or for what it waits.</param>
/// <param name="Detail">The sink's message; of an order, click or view.</param>
/// <param name="DueAt">When a planned message is due.</param>
/// <param name="Message">The text.</param>
/// <param name="Value">The value of the cart, the order, or (negative) the refund.</param>
/// <param name="Currency">The currency of the value, ISO 4217.</param>
/// <param name="Claimed">Whether a browser alone vouches for it.</param>
sealed record TimelineRow(
    DateTime At, string Kind, string Campaign, string Variant, long? Step, string? Channel, string CartId, string? Intervention, string? Reason, string? Detail,
    DateTime? DueAt, string? Message, double? Value, string? Currency, bool Claimed);
