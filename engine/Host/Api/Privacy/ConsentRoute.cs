using System.Buffers;
using System.ComponentModel;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Privacy;

/// <summary>Route of <c>GET /v1/gdpr/consents/{userId}</c>: a customer's consents with time, source and text version; signed on request.</summary>
static class ConsentRoute
{
    static readonly QueryParameter<string> s_proof = QueryParameters.Choice("proof", "Whether to add a signed copy, as proof for third parties.", ["true", "false"], "false");

    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/consents/{userId}", GetAsync)
        .Describe("listConsents", "Prove a consent", """
            What the customer agreed to or refused, the oldest first, as servers and user tokens reported it: channel, purpose, when, where, and the version of the text. With
            `proof=true`, `proof` is the same as a signed token, which `cartrecovery privacy verify` reads.
            """)
        .Query(s_proof).WithMetadata(new ShowsPersonalData(), new RequiredPermission(Permission.PrivacyRead)).Problems(ApiProblems.CustomerNotFound, ControlProblems.Unavailable);

    static async Task<Ok<ConsentHistory>> GetAsync(
        [Description("The customer's id, percent-encoded.")] string userId, HttpContext context, Caller caller, RequestQuery query, PrivacyServices privacy, JourneyWorker journeys, TimeProvider time)
    {
        var id = CartReader.ShownUserOf(context, userId);
        await journeys.CatchUpForReportAsync();
        var customer = caller.Store.Ids.CustomerOf(Encoding.UTF8.GetBytes(id));
        var items = (await journeys.InvokeAsync((engine, _) => engine.Store.Consents.Of(customer))).ConvertAll(ConsentItem.Of);
        var proof = query.Of(s_proof) == "true"
            ? await privacy.Receipts.SignAsync(Write(caller.Store.Id, id, items, time.GetUtcNow()), context.RequestAborted) : null;
        return TypedResults.Ok(new ConsentHistory(id, items, proof));
    }

    static byte[] Write(string store, string userId, List<ConsentItem> items, DateTimeOffset now)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("iss"u8, "cartrecovery");
            json.WriteString("typ"u8, "consents");
            json.WriteString("iat"u8, now.UtcDateTime);
            json.WriteString("storeId"u8, store);
            json.WriteString("userId"u8, userId);
            json.WritePropertyName("items"u8);
            JsonSerializer.Serialize(json, items, ApiJson.Default.ListConsentItem);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}

/// <summary>A customer's consents and refusals.</summary>
/// <param name="UserId">The customer's id.</param>
/// <param name="Items">The consents and refusals, the oldest first; the latest 1,000.</param>
/// <param name="Proof">The same, signed: a PASETO v4.public token. Null unless requested.</param>
sealed record ConsentHistory(string UserId, IReadOnlyList<ConsentItem> Items, string? Proof);

/// <summary>A customer's consent to a channel, or refusal.</summary>
/// <param name="Channel">email, sms or push.</param>
/// <param name="Granted">Whether the customer agreed.</param>
/// <param name="Purpose">The purpose that the event named; null if it named none.</param>
/// <param name="TextVersion">The version of the text that the customer saw; null if the event named none.</param>
/// <param name="Source">The source that the event named, or else `api`, `page`, or `unsubscribed`.</param>
/// <param name="ReportedBy">server, user_token or browser.</param>
/// <param name="At">When the customer agreed or refused.</param>
/// <param name="ReceivedAt">When the engine received it.</param>
/// <param name="ExpiresAt">When the consent expires; null for never.</param>
sealed record ConsentItem(
    string Channel, bool Granted, string? Purpose, string? TextVersion, string Source, string ReportedBy, DateTime At, DateTime ReceivedAt, DateTime? ExpiresAt)
{
    /// <summary>Describes a record.</summary>
    public static ConsentItem Of(ConsentRecord record) => new(record.Channel, record.Granted, record.Purpose, record.TextVersion, record.Source,
        record.Standing switch { Engine.Events.Identity.Standing.Server => "server", Engine.Events.Identity.Standing.Proven => "user_token", _ => "browser" },
        PersonRecords.TimeOf(record.At), PersonRecords.TimeOf(record.ReceivedAt), record.ExpiresAt == long.MaxValue ? null : PersonRecords.TimeOf(record.ExpiresAt));
}
