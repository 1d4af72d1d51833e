using System.ComponentModel;
using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Codes;

/// <summary><c>/v1/codes</c>: discount codes that messages carried.</summary>
static class CodesRoutes
{
    static readonly HttpProblem s_unknown = new(404, "code_unknown", "No message carried this code.");
    static readonly HttpProblem s_used = new(409, "code_used", "Another cart has redeemed the code.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/codes", ApiTags.Codes);
        group.MapGet("/{code}", GetAsync)
            .Describe("getCode", "Get a discount code", "Returns what the code is worth, and whether it was redeemed.")
            .Problems(s_unknown);
        group.MapPost("/{code}/redeem", RedeemAsync)
            .Describe("redeemCode", "Redeem a discount code",
                "Uses the code up for a cart. Call it when the order is placed. Repeating it for the same cart succeeds; another cart gets 409.")
            .WithMetadata(new AuditedChange("code.redeem", "code")).Problems(ApiProblems.InvalidJson, ApiProblems.OutOfRange, s_unknown, s_used);
    }

    static async Task<Results<Ok<DiscountCode>, ProblemHttpResult>> GetAsync([Description("The code.")] string code, Caller caller, PersonalDataView view, JourneyWorker journeys) =>
        await journeys.InvokeAsync((engine, _) => engine.Store.Codes.Find(caller.Store.Id, code)) is { } found
            ? TypedResults.Ok(DiscountCode.Of(code, found, view)) : s_unknown.ToResult();

    static async Task<Results<Ok<DiscountCode>, ProblemHttpResult>> RedeemAsync(
        [Description("The code.")] string code, RedemptionBody body, Caller caller, PersonalDataView view, JourneyWorker journeys)
    {
        if (body.CartId is not { Length: > 0 } || view.ResolveChanged(body.CartId) is not { } cartId || Encoding.UTF8.GetByteCount(cartId) > EventSlab.MaxSentIdLength)
        {
            return (ApiProblems.OutOfRange with { Detail = "cartId: expected 1 to 256 bytes of UTF-8, or the masked id of a cart." }).ToResult();
        }

        if (await journeys.InvokeAsync((engine, now) => engine.Store.Codes.Redeem(caller.Store.Id, code, cartId, now)) is not { } found)
        {
            return s_unknown.ToResult();
        }

        // Under masks, as the request names it: the answer does not tell the masked id of a plain one.
        return found.UsedBy != cartId ? s_used.ToResult()
            : TypedResults.Ok(DiscountCode.Of(code, found, view) with { UsedBy = view.IsMasked ? body.CartId : view.CartId(cartId) });
    }
}

/// <summary>What redeems a code.</summary>
/// <param name="CartId">The cart of the order.</param>
sealed record RedemptionBody(string CartId);

/// <summary>A discount code.</summary>
/// <param name="Code">The code.</param>
/// <param name="Percent">The discount in percent.</param>
/// <param name="Intervention">The message that carried it.</param>
/// <param name="CartId">The cart of the message.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="UsedAt">When it was redeemed; null if it was not.</param>
/// <param name="UsedBy">The cart that redeemed it.</param>
sealed record DiscountCode(string Code, double Percent, string Intervention, string CartId, DateTime IssuedAt, DateTime? UsedAt, string? UsedBy)
{
    /// <summary>Creates the answer.</summary>
    public static DiscountCode Of(string code, IssuedCode issued, PersonalDataView view) => new(
        code, issued.Percent, issued.Intervention, view.CartId(issued.CartId)!, At(issued.IssuedAt), issued.UsedAt is { } used ? At(used) : null, view.CartId(issued.UsedBy));

    static DateTime At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime;
}
