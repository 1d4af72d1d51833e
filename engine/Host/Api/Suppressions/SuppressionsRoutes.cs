using System.Text.Json.Serialization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Suppressions;

/// <summary><c>/v1/suppressions</c>: addresses that must not be contacted.</summary>
static class SuppressionsRoutes
{
    static readonly HttpProblem s_invalid = new(400, "invalid_suppression", "The body names no address.");

    static readonly QueryParameter<string> s_channel = QueryParameters.Choice("channel", "Returns only addresses of this channel.", ["email", "sms", "push"], @default: null);
    static readonly QueryParameter<string> s_reason = QueryParameters.Text("reason", "Returns only addresses suppressed for this reason.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/suppressions", ApiTags.Suppressions);
        group.MapGet("", ListAsync)
            .Describe("listSuppressions", "List suppressed addresses",
                "Latest first. `from` and `to` filter by the time of the suppression. An address is null where the engine keeps only a key of it.")
            .Report<SuppressionRow>(s_channel, s_reason, QueryParameters.From, QueryParameters.To).WithMetadata(new ShowsPersonalData(IsMasked: true));
        group.MapPost("", SuppressAsync)
            .Describe("suppressAddress", "Suppress an address", "Stops all messages to the address on this channel, regardless of consent.")
            .WithMetadata(new AuditedChange("suppression.add")).Problems(ApiProblems.InvalidJson, s_invalid);
        group.MapDelete("", ReleaseAsync)
            .Describe("releaseAddress", "Release an address",
                "Lifts the suppression of an address. The body is that of the request that suppressed it.")
            .WithMetadata(new AuditedChange("suppression.remove")).Problems(ApiProblems.InvalidJson, s_invalid);
    }

    static async Task<ReportResult> ListAsync(Caller caller, RequestQuery query, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        return TimeCursor.Page("suppressions", "suppressedAt", query, (period, skip, limit) =>
            StoreLists.Suppressions(reports, caller.Store.Id, KindOf(query.Of(s_channel)), query.Of(s_reason), period, skip, limit));
    }

    static AddressKind? KindOf(string? channel) =>
        channel switch { "email" => AddressKind.Email, "sms" => AddressKind.Phone, "push" => AddressKind.Push, _ => null };

    static async Task<Ok<SuppressedAddresses>> SuppressAsync(SuppressionBody body, HttpContext context, Caller caller, JourneyWorker journeys)
    {
        // An entry that can never match an address would protect nobody.
        var kind = Check(body);
        AuditDetail.Add(context, "channel", body.Channel!);
        var address = AddressOf(body, kind, caller) ?? throw Invalid(kind switch
        {
            AddressKind.Email => "address: expected an e-mail address.",
            AddressKind.Phone => "address: expected a phone number like +31612345678, or a national one of the store's country.",
            _ => "address: expected a push token.",
        });
        await journeys.InvokeAsync((engine, now) =>
        {
            engine.Store.Customers.Suppress(caller.Store.Id, kind, address, body.Reason ?? "shop", now);
            return true;
        });
        return TypedResults.Ok(new SuppressedAddresses(Suppressed: 1));
    }

    static async Task<Ok<SuppressedAddresses>> ReleaseAsync([FromBody] SuppressionBody body, HttpContext context, Caller caller, JourneyWorker journeys)
    {
        // Also an entry that was taken before addresses were checked.
        var kind = Check(body);
        AuditDetail.Add(context, "channel", body.Channel!);
        var address = AddressOf(body, kind, caller) ?? body.Address!;
        var changed = await journeys.InvokeAsync((engine, _) => engine.Store.Customers.Release(caller.Store.Id, kind, address));
        return TypedResults.Ok(new SuppressedAddresses(Released: changed ? 1 : 0));
    }

    static AddressKind Check(SuppressionBody body) =>
        KindOf(body.Channel) is not { } kind ? throw Invalid("channel: expected email, sms or push.")
        : body.Address is not { Length: > 0 and <= 2048 } ? throw Invalid("address: expected 1 to 2048 characters.")
        : kind;

    static ProblemException Invalid(string detail) => new(s_invalid with { Detail = detail });

    static string? AddressOf(SuppressionBody body, AddressKind kind, Caller caller) => kind switch
    {
        AddressKind.Email => EmailText.Parse(body.Address),
        AddressKind.Phone => PhoneText.ToE164(body.Address, caller.Store.Country),
        _ => body.Address!.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) ? null : body.Address,
    };
}

/// <summary>An address to suppress or release.</summary>
/// <param name="Channel">email, sms or push.</param>
/// <param name="Address">The e-mail address, phone number or push token.</param>
/// <param name="Reason">The reason, for the shop's own use; `shop` if absent.</param>
sealed record SuppressionBody(string? Channel, string? Address, string? Reason = null);

/// <summary>An address that gets no messages.</summary>
/// <param name="Channel">email, sms or push.</param>
/// <param name="Address">The address; null where only a key of it is kept.</param>
/// <param name="Reason">unsubscribed, bounced, complained, or the shop's own reason.</param>
/// <param name="SuppressedAt">Since when.</param>
sealed record SuppressionRow(string Channel, string? Address, string Reason, DateTime SuppressedAt);

/// <summary>The number of addresses changed.</summary>
/// <param name="Suppressed">Addresses suppressed.</param>
/// <param name="Released">Addresses released; 0 if the address was not suppressed.</param>
sealed record SuppressedAddresses(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Suppressed = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Released = null);
