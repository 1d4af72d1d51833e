using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Host.Api.Events;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>Verifies signed links, and converts clicks, openings and unsubscriptions to events.</summary>
sealed class LinkEvents(IJourneyOptionsProvider inForce, StoreDirectory stores, JourneyReports reports, IngestOptions ingest, TimeProvider time)
{
    long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Verifies a link's token and returns its content and store; <see langword="null"/> if it is altered, expired, or another engine's.</summary>
    public (SignedLink Link, Store Store)? Read(string token, LinkKind kind) =>
        inForce.JourneyOptions.Signer.Read(token, kind, Now) is { } link && StoreOf(link) is { } store ? (link, store) : null;

    // Messages of a removed store are still in mailboxes, and unsubscribing must work.
    Store? StoreOf(SignedLink link) => link.Kind == LinkKind.Unsubscribe ? stores.All.Find(link.StoreId) : stores.FindStore(link.StoreId);

    /// <summary>Returns whether a link belongs to a preview or a test, which record nothing.</summary>
    public static bool IsSample(SignedLink link) => link.Intervention == MessageRenderer.SampleId;

    /// <summary>Signs a link.</summary>
    public string Sign(SignedLink link) => inForce.JourneyOptions.Signer.Sign(link);

    /// <summary>Ingests a click or an opening, unless a program such as a link scanner caused it.</summary>
    public async Task IngestAsync(HttpContext context, SignedLink link, Store store, EventType what)
    {
        var request = context.Request;
        var sentAt = RowOf(link)?.SentAt;
        string? purpose = request.Headers["Sec-Purpose"] is [{ } said] ? said : request.Headers["Purpose"];
        if (!LinkScanners.IsOne(request.Method, request.Headers.UserAgent, purpose, Now - sentAt))
        {
            await SendAsync(context, link, store, what);
        }
    }

    /// <summary>
    /// Ingests a link's event. Clicks and openings repeated within an hour have the same event id and count once. An unsubscription always
    /// counts, because the shop may have lifted the previous one.
    /// </summary>
    /// <returns>Whether the event is durable.</returns>
    public Task<bool> SendAsync(HttpContext context, SignedLink link, Store store, EventType what)
    {
        if (IsSample(link))
        {
            return Task.FromResult(true);
        }

        var row = RowOf(link);
        var repetition = EventTypes.Has(what, EventTraits.EndsContact) ? $".{Guid.NewGuid():n}" : "";
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, $"{link.Intervention}.{EventTypes.NameOf(what)}{repetition}");
            writer.WriteString("type"u8, EventTypes.NameOf(what));
            writer.WriteString("cartId"u8, link.CartId);
            // Ignores a user id that only a browser claimed: the event is trusted like a server's.
            if (row is { UserStanding: > Standing.Claimed, UserId: { } user })
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

        return RequestSource.IngestAsync(ingest, new StoreKey(store, KeyKind.Secret, LoopbackOnly: false, []), json.WrittenMemory, context.RequestAborted);
    }

    /// <summary>Reads the recipient, channel and send time of a link's message.</summary>
    public (string? UserId, Standing UserStanding, string Channel, long? SentAt)? RowOf(SignedLink link) => reports.MessageOf(link.StoreId, link.Intervention);
}
