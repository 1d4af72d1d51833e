using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Composition;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary><c>/v1/interventions</c> and <c>/v1/carts</c>: what was planned, sent and withheld, and why; where a cart's life stands.</summary>
sealed class InterventionsApi(EngineHost host)
{
    const int UsualPage = 100, LargestPage = 1000;

    public async Task ListAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key)
        {
            return;
        }

        var query = context.Request.Query;
        MessageState? state = query["state"] is [{ } named] ? Enum.TryParse<MessageState>(named, ignoreCase: true, out var found) ? found : (MessageState)(-1) : null;
        var reason = query["reason"] is [{ } why] ? WithheldReasons.Parse(why) : WithheldReason.None;
        if (!QueryNumbers.TryRead(query["limit"], UsualPage, 1, LargestPage, out var limit) || !QueryNumbers.TryRead(query["before"], long.MaxValue, 0, long.MaxValue, out var before)
            || state is { } wrong && !Enum.IsDefined(wrong) || (query.ContainsKey("reason") && reason == WithheldReason.None))
        {
            await Answer.ProblemAsync(context, new Problem(400, "out_of_range", $"'limit' is from 1 to {LargestPage}, 'before' a time in milliseconds, "
                + "'state' is scheduled, sending, sent or withheld, 'reason' one of those that /metrics shows."));
            return;
        }

        await CatchUp.WithDeskAsync(host);
        var table = InterventionList.Of(host.Reports, new InterventionFilter
        {
            StoreId = key.Store.Id,
            CartId = query["cartId"],
            UserId = query["userId"],
            Campaign = query["campaign"],
            Channel = query["channel"],
            State = state,
            Reason = reason == WithheldReason.None ? null : reason,
            Before = before,
            Limit = (int)limit,
        });
        await ReportAnswer.WriteAsync(context, "interventions", table);
    }

    public async Task GetAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is { } key)
        {
            await CatchUp.WithDeskAsync(host);
            var table = InterventionList.One(host.Reports, key.Store.Id, (string)context.Request.RouteValues["id"]!);
            await (table.Rows.Count == 0 ? Answer.ProblemAsync(context, NotFound) : ReportAnswer.WriteAsync(context, "interventions", table));
        }
    }

    /// <summary>Tries once more what a sink gave up.</summary>
    public async Task RetryAsync(HttpContext context)
    {
        const long useful = 3_600_000;
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key)
        {
            return;
        }

        var id = (string)context.Request.RouteValues["id"]!;
        await CatchUp.WithDeskAsync(host);
        if (InterventionList.One(host.Reports, key.Store.Id, id).Rows.Count == 0)
        {
            await Answer.ProblemAsync(context, NotFound);
            return;
        }

        var retried = await host.Journeys.Do((desk, now) => desk.Store.Messages.Retry(id, now, now + useful));
        await (retried
            ? Answer.JsonAsync(context, StatusCodes.Status202Accepted, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, id);
                writer.WriteString("state"u8, "scheduled");
                writer.WriteEndObject();
            })
            : Answer.ProblemAsync(context, new Problem(409, "not_failed", "Only what a sink gave up or refused can be tried again.")));
    }

    /// <summary>A cart's life: active, abandoned, contacted, then recovered or lost; or purchased, if nobody had to do anything.</summary>
    public async Task CartAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key)
        {
            return;
        }

        var cartId = FeaturesApi.CartIdOf(context);
        if (await FeaturesApi.FindAsync(host, key.Store, cartId, context.RequestAborted) is not { } cart)
        {
            await Answer.ProblemAsync(context, FeaturesApi.NotFound);
            return;
        }

        await CatchUp.WithDeskAsync(host);
        var hash = Hash128.Of(Encoding.UTF8.GetBytes(cartId), EventKeys.SeedOf(key.Store.IdUtf8));
        var (interventions, recovered, contactedAt) = InterventionList.OfCart(host.Reports, key.Store.Id, hash);
        await Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("storeId"u8, key.Store.Id);
            writer.WriteString("cartId"u8, cartId);
            writer.WriteString("state"u8, StateOf(cart, recovered, contactedAt));
            writer.WriteNumber("itemCount"u8, cart.ItemCount);
            writer.WriteNumber("value"u8, Money.ToDecimal(cart.Value));
            writer.WriteString("currency"u8, CurrencyCode.ToString(cart.Currency));
            writer.WriteString("updatedAt"u8, DateTimeOffset.FromUnixTimeMilliseconds(cart.LastAt).UtcDateTime);
            writer.WritePropertyName("interventions"u8);
            interventions.WriteTo(writer);
            writer.WriteEndObject();
        });
    }

    string StateOf(in CartRecord cart, bool recovered, long contactedAt)
    {
        var idle = host.Time.GetUtcNow().ToUnixTimeMilliseconds() - cart.LastAt;
        return cart.Checkout == CheckoutStep.Purchased ? recovered ? "recovered" : "purchased"
            : cart.ItemCount == 0 ? "active"
            : idle >= host.Setup.LostAfter ? "lost"
            : contactedAt > cart.LastAt ? "contacted"
            : idle >= host.Setup.AbandonedAfter ? "abandoned" : "active";
    }

    static Problem NotFound => new(404, "intervention_unknown", "There is no such intervention in the store of this key.");
}
