using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>Reads signed links, and makes events of what is done with them.</summary>
sealed class LinkEvents(IJourneyOptionsProvider inForce, StoreDirectory stores, JourneyReports reports, IngestOptions ingest, TimeProvider time)
{
    long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>What a link's token says, and its store; <see langword="null"/> for a token that is not ours, was changed, or is too old.</summary>
    public (SignedLink Link, Store Store)? Read(string token, LinkKind kind) =>
        inForce.JourneyOptions.Signer.Read(token, kind, Now) is { } link && stores.FindStore(link.StoreId) is { } store ? (link, store) : null;

    /// <summary>Signs a link.</summary>
    public string Sign(SignedLink link) => inForce.JourneyOptions.Signer.Sign(link);

    /// <summary>Tells of a click or an opening, unless a program did it.</summary>
    public async Task TellAsync(HttpContext context, SignedLink link, Store store, EventType what)
    {
        var request = context.Request;
        var sentAt = RowOf(link)?.SentAt;
        string? purpose = request.Headers["Sec-Purpose"] is [{ } said] ? said : request.Headers["Purpose"];
        if (!LinkScanners.IsOne(request.Method, request.Headers.UserAgent, purpose, Now - sentAt))
        {
            await SendAsync(context, link, store, what);
        }
    }

    /// <summary>Sends a link's event through the front door. The same again within the hour is the same event, and counts once.</summary>
    /// <returns>Whether it is durable.</returns>
    public Task<bool> SendAsync(HttpContext context, SignedLink link, Store store, EventType what)
    {
        var row = RowOf(link);
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, $"{link.Intervention}.{EventTypes.NameOf(what)}");
            writer.WriteString("type"u8, EventTypes.NameOf(what));
            writer.WriteString("cartId"u8, link.CartId);
            if (row?.UserId is { } user)
            {
                writer.WriteString("userId"u8, user);
            }

            writer.WriteNumber("ts"u8, Now);
            writer.WriteStartObject("meta"u8);
            writer.WriteString("intervention"u8, link.Intervention);
            writer.WriteString("channel"u8, row?.Channel ?? "email");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return RequestSource.TakeAsync(ingest, new StoreKey(store, KeyKind.Secret, LoopbackOnly: false, []), json.WrittenMemory, context.RequestAborted);
    }

    /// <summary>Whom a link's message was for, over what, and when it was handed over.</summary>
    public (string? UserId, string Channel, long? SentAt)? RowOf(SignedLink link) => reports.MessageOf(link.StoreId, link.Intervention);
}
