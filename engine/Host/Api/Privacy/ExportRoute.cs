using System.ComponentModel;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Privacy;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Privacy;

/// <summary>Route of <c>GET /v1/gdpr/export/{userId}</c>: all data of a customer, streamed.</summary>
static class ExportRoute
{
    const string Zip = "application/zip";

    static readonly QueryParameter<string> s_format = QueryParameters.Choice("format", "json: one document. zip: an archive with a file for each kind of data.", ["json", "zip"], "json");

    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/export/{userId}", ExportAsync)
        .Describe("exportPerson", "Export a person", """
            Everything that the engine has of a customer: contacts, consents, journeys, messages, orders, carts, events and rejected events. `manifest` says what each part is, and lists
            what is not in it and why. It is streamed, and takes as long as reading the journal. One of each store runs at a time. Each is in the audit log.
            """)
        .Query(s_format).Produces<Dictionary<string, JsonElement>>().WithMetadata(new ProducesMediaType(Zip), new ShowsPersonalData(), new RequiredPermission(Permission.PrivacyRead))
        .Problems(ApiProblems.ExportBusy, ApiProblems.CustomerNotFound, ControlProblems.Unavailable);

    static async Task ExportAsync(
        [Description("The customer's id, percent-encoded.")] string userId, HttpContext context, Caller caller, RequestQuery query, PrivacyServices privacy, AuditLog audit, TimeProvider time)
    {
        var id = CartReader.ShownUserOf(context, userId);
        using var one = privacy.TryBeginExport(caller.Store.Id) ?? throw new ProblemException(ApiProblems.ExportBusy);
        var isZip = query.Of(s_format) == "zip";
        context.Response.ContentType = isZip ? Zip : "application/json";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"export.{(isZip ? "zip" : "json")}\"";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await audit.RecordAsync(new AuditEvent(PrivacyRoutes.ActorOf(context), "privacy.export", Tombstones.NameOf(privacy.Tombstones.HashOf(caller.Store.Id, id)), caller.Store.Id,
            $$"""{"format":"{{(isZip ? "zip" : "json")}}"}""")
        { Address = UserIdentity.AddressOf(context) }, context.RequestAborted);
        var export = privacy.ExportOf(caller.Store, id);
        await StreamedBody.WriteAsync(context, output =>
        {
            using IPersonExportWriter writer = isZip ? new ZipExportWriter(output, time) : new JsonExportWriter(output);
            export.WriteTo(writer, context.RequestAborted);
        });
    }
}
