using System.ComponentModel;
using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Campaigns;

/// <summary>Route of <c>POST /v1/campaigns/{name}/test</c>: sends a message to an address of the store's staff, and to no other.</summary>
static class TestSends
{
    static readonly HttpProblem s_notStaff = new(400, "not_staff", "'to' is not a staff address of this store. Add it to stores[].staff.");
    static readonly HttpProblem s_noAddress = new(409, "channel_without_address", "The step's channel has no addresses of this kind. Preview it instead.");
    static readonly HttpProblem s_suppressed = new(409, "address_suppressed", "The address is on the suppression list. DELETE /v1/suppressions releases it.");
    static readonly HttpProblem s_tooManyTests = RateLimits.Exceeded with { Detail = "A store may send ten test messages in ten minutes. Retry after the seconds in Retry-After." };
    static readonly HttpProblem s_template = new(409, "template_failed", "The template exceeds its limits.");

    public static void Map(RouteGroupBuilder group) => group.MapPost("/{name}/test", SendAsync)
        .Describe("sendTest", "Send a test message", "Sends a step's message to an address of the store's `staff`; at most ten in ten minutes for a store. A real cart requires `personal_data:read`. Its links record nothing, and its discount code is an example.")
        .WithMetadata(new AuditedChange("campaign.test", "name"), new ShowsPersonalData(IsOfCart: true))
        .Problems(ApiProblems.InvalidJson, ApiProblems.CartNotFound, CampaignsRoutes.Unknown, s_notStaff, s_noAddress, s_suppressed, s_template, s_tooManyTests, ApiProblems.Overloaded);

    static async Task<Results<Accepted<TestSent>, ProblemHttpResult>> SendAsync(
        [Description("The campaign.")] string name, TestBody body, HttpContext context, Caller caller, PersonalDataView view, CartReader carts, JourneyWorker journeys, TestSendLimits limits)
    {
        var store = caller.Store;
        CartRecord? cart = null;
        if (body.CartId is { } named)
        {
            (var cartId, cart) = await CampaignsRoutes.FindCartAsync(context, store, named, carts);
            body = body with { CartId = cartId };
        }

        if (body.To is null || store.Staff.Select(address => AddressOf(store, address)).FirstOrDefault(address => IsSame(store, address, body.To)) is not { } to)
        {
            return s_notStaff.ToResult();
        }

        var (prepared, problem) = await journeys.InvokeAsync((engine, now) => Prepare(engine, store, name, body, to, cart, now));
        if (prepared is null)
        {
            return problem!.ToResult();
        }

        Intervention message;
        try
        {
            message = (cart is null ? SampleLines.AddTo(prepared) : prepared).Render();
        }
        catch (MessageRenderingException e)
        {
            return (s_template with { Detail = $"The template {e.Message}." }).ToResult();
        }

        if (limits.TryAcquire(store.Id) is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return s_tooManyTests.ToResult();
        }

        message = message with { Id = $"iv_{Guid.NewGuid():N}", Subject = message.Subject is { } subject ? $"[Test] {subject}" : null };
        return await journeys.InvokeAsync((engine, _) => engine.TrySendTest(message))
            ? TypedResults.Accepted((string?)null, new TestSent(message.Id, message.Channel, view.Address(to)!)) : ApiProblems.Overloaded.ToResult();
    }

    static string AddressOf(Store store, string staff) => staff.Contains('@', StringComparison.Ordinal) ? staff : PhoneText.ToE164(staff, store.Country) ?? staff;

    static bool IsSame(Store store, string staff, string to) => staff.Contains('@', StringComparison.Ordinal)
        ? EmailText.Fold(staff) == EmailText.Fold(to.Trim()) : staff == PhoneText.ToE164(to, store.Country);

    static (PreparedMessage? Message, HttpProblem? Problem) Prepare(
        JourneyEngine engine, Store store, string name, TestBody body, string to, in CartRecord? cart, long now)
    {
        if (engine.PreparePreview(store.Id, name, body.Variant, body.Step ?? 1, body.Choice ?? 1, body.CartId ?? "sample", cart, now) is not { } prepared)
        {
            return (null, CampaignsRoutes.Unknown);
        }

        var kind = engine.AddressOf(prepared.Message.Channel);
        if (kind is not (AddressKind.Email or AddressKind.Phone) || kind != (to.Contains('@', StringComparison.Ordinal) ? AddressKind.Email : AddressKind.Phone))
        {
            return (null, s_noAddress);
        }

        var recipient = kind == AddressKind.Email ? new Recipient(Email: to) : new Recipient(Phone: to);
        return engine.Store.Customers.IsSuppressed(store.Id, kind, to)
            ? (null, s_suppressed)
            : (prepared with { Message = prepared.Message with { Recipient = recipient }, Values = prepared.Values with { Recipient = recipient } }, null);
    }
}

/// <summary>Limits the test messages of each store.</summary>
sealed class TestSendLimits(TimeProvider time)
{
    const int Max = 10;
    const long Window = 10 * 60_000;

    readonly Lock _gate = new();
    readonly Dictionary<string, Queue<long>> _sent = new(StringComparer.Ordinal);

    /// <summary>Counts a test message if the limit permits it.</summary>
    /// <returns><see langword="null"/> if it may be sent; otherwise the seconds until the next one may be.</returns>
    public long? TryAcquire(string storeId)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_gate)
        {
            // Bounded by the number of stores.
            if (!_sent.TryGetValue(storeId, out var sent))
            {
                _sent.Add(storeId, sent = new Queue<long>(Max));
            }

            while (sent.TryPeek(out var first) && now - first >= Window)
            {
                sent.Dequeue();
            }

            if (sent.Count == Max)
            {
                return Math.Max(1, (sent.Peek() + Window - now + 999) / 1000);
            }

            sent.Enqueue(now);
            return null;
        }
    }
}

/// <summary>Selects the message and its recipient.</summary>
/// <param name="To">The recipient: an address of the store's staff.</param>
/// <param name="Variant">The variant; the first with messages if absent.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Choice">The choice of the offer, from 1.</param>
/// <param name="CartId">The cart to render for; a sample if absent.</param>
sealed record TestBody(string? To, string? Variant = null, int? Step = null, int? Choice = null, string? CartId = null);

/// <summary>A test message that its sink has accepted.</summary>
/// <param name="Id">The message's idempotency key.</param>
/// <param name="Channel">The sink.</param>
/// <param name="To">The recipient.</param>
sealed record TestSent(string Id, string Channel, string To);
