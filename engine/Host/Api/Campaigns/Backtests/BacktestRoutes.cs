using System.ComponentModel;
using System.Globalization;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Campaigns.Managed;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Api.Settings;
using CartRecovery.Host.Backtests;
using CartRecovery.Host.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Routes of <c>/v1/campaigns/{name}/backtest</c>: tests a campaign on the journal before it is activated.</summary>
static class BacktestRoutes
{
    const string NameHelp = "The campaign.", IdHelp = "The backtest's number.", Usual = "7d";

    static readonly HttpProblem s_invalid = new(400, "invalid_backtest", "The body is not a backtest.");
    static readonly HttpProblem s_noJournal = new(409, "journal_disabled", "The engine has no journal (journal.enabled), which a backtest needs.");
    static readonly HttpProblem s_notFound = new(404, "backtest_not_found", "The campaign has no such backtest, or it was deleted by age.");

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/{name}/backtest", StartAsync)
            .Describe("startBacktest", "Backtest a campaign",
                "A job replays the store's events with a version of the campaign, beside the engine. Nothing is sent. One backtest runs at a time; results are kept for 30 days.")
            .Produces<BacktestStarted>(StatusCodes.Status202Accepted)
            .Problems(ApiProblems.InvalidJson, s_invalid, CampaignsRoutes.Unknown, ManagedCampaignRoutes.OfFile, s_noJournal, ControlProblems.TooManyBacktests, SettingsProblems.Invalid,
                SettingsProblems.Pinned, SettingsProblems.Secret, SettingsProblems.NeedsRestart, SettingsProblems.Fixed, SettingsProblems.Busy, ControlProblems.Unavailable);
        group.MapGet("/{name}/backtests", ListAsync)
            .Describe("listBacktests", "List backtests of a campaign", "The newest first, without results. The last 20 of a store are kept, for 30 days.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(CampaignsRoutes.Unknown, ManagedCampaignRoutes.OfFile, ControlProblems.Unavailable);
        group.MapGet("/{name}/backtests/{id:long}", GetAsync)
            .Describe("getBacktest", "Get a backtest", "The state, the progress and the result: the version's decisions, compared with the original ones.")
            .Problems(CampaignsRoutes.Unknown, ManagedCampaignRoutes.OfFile, s_notFound, ControlProblems.Unavailable);
        group.MapPost("/{name}/backtests/{id:long}/cancel", CancelAsync)
            .Describe("cancelBacktest", "Cancel a backtest", "Cancels a pending or running backtest within two seconds.")
            .Produces<BacktestItem>().Problems(CampaignsRoutes.Unknown, ManagedCampaignRoutes.OfFile, s_notFound, ControlProblems.BacktestEnded, ControlProblems.Unavailable);
    }

    static async Task<Accepted<BacktestStarted>> StartAsync(
        HttpContext context, [Description(NameHelp)] string name, BacktestBody? body, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce, CampaignBacktests backtests,
        TimeProvider time)
    {
        var managed = await ManagedCampaignRoutes.ManagedAsync(context, name, caller, campaigns, inForce);
        var (now, asked) = (time.GetUtcNow().ToUnixTimeMilliseconds(), body ?? new BacktestBody());
        var (from, to) = (TimeOf("from", asked.From ?? Usual, now), TimeOf("to", asked.To, now));
        var version = asked.Version is not { } number || number == managed.Last.Number ? managed.Last
            : (await campaigns.Store.VersionsAsync(name, context.RequestAborted)).Find(kept => kept.Number == number && kept.Draft.AppliesTo(caller.Store.Id));
        if (from >= to)
        {
            throw Invalid("from: expected a time before 'to', which is not in the future");
        }

        if (version is null)
        {
            throw Invalid($"version: the campaign has no version {asked.Version}, or it is not kept any more");
        }

        if (asked.Model is { } model && !backtests.HasModel(model))
        {
            throw Invalid("model: expected the name of an .onnx file in the folder of the model in force");
        }

        if (!backtests.HasJournal)
        {
            throw new ProblemException(s_noJournal);
        }

        try
        {
            await campaigns.CheckAsync(name, version.Draft);
        }
        catch (SettingsException e)
        {
            throw new ProblemException(SettingsProblems.Of(e));
        }

        var id = await backtests.Store.AddAsync(new CampaignBacktest(0, name, version.Number, caller.Store.Id, DateTimeOffset.FromUnixTimeMilliseconds(from),
            DateTimeOffset.FromUnixTimeMilliseconds(to), asked.Model, CampaignBacktest.Waiting, ManagedCampaignRoutes.ActorOf(context), time.GetUtcNow(), StartedAt: null, EndedAt: null, 0, 0,
            Problem: null, Result: null), UserIdentity.AddressOf(context));
        return TypedResults.Accepted((string?)null, new BacktestStarted(id));
    }

    static async Task<Ok<ItemPage<BacktestItem>>> ListAsync(
        HttpContext context, [Description(NameHelp)] string name, Caller caller, RequestQuery query, LiveCampaigns campaigns, IJourneyOptionsProvider inForce, CampaignBacktests backtests)
    {
        await ManagedCampaignRoutes.ManagedAsync(context, name, caller, campaigns, inForce);
        var (cursor, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var found = await backtests.Store.ListAsync(name, caller.Store.Id, cursor == 0 ? long.MaxValue : cursor, limit + 1, context.RequestAborted);
        var next = found.Count > limit ? found[limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new ItemPage<BacktestItem>([.. found.Take(limit).Select(BacktestItem.Of)], SealedCursor.Seal(context, next)));
    }

    static async Task<Ok<BacktestItem>> GetAsync(
        HttpContext context, [Description(NameHelp)] string name, [Description(IdHelp)] long id, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce,
        CampaignBacktests backtests) => TypedResults.Ok(BacktestItem.Of(await FindAsync(context, name, id, caller, campaigns, inForce, backtests)));

    static async Task<Ok<BacktestItem>> CancelAsync(
        HttpContext context, [Description(NameHelp)] string name, [Description(IdHelp)] long id, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce,
        CampaignBacktests backtests)
    {
        var backtest = await FindAsync(context, name, id, caller, campaigns, inForce, backtests);
        await backtests.Store.CancelAsync(backtest, ManagedCampaignRoutes.ActorOf(context), UserIdentity.AddressOf(context));
        return TypedResults.Ok(BacktestItem.Of(await FindAsync(context, name, id, caller, campaigns, inForce, backtests)));
    }

    static async Task<CampaignBacktest> FindAsync(
        HttpContext context, string name, long id, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce, CampaignBacktests backtests)
    {
        await ManagedCampaignRoutes.ManagedAsync(context, name, caller, campaigns, inForce);
        return await backtests.Store.FindAsync(name, caller.Store.Id, id, context.RequestAborted) ?? throw new ProblemException(s_notFound);
    }

    // The future has no events.
    static long TimeOf(string name, string? text, long now)
    {
        var moment = now;
        return text is null || TimeExpression.TryParse(text, now, out moment) ? Math.Clamp(moment, 0, now)
            : throw Invalid($"{name}: {TimeExpression.DescribeUnit(text, now) ?? $"expected {TimeExpression.Forms}"}");
    }

    static ProblemException Invalid(string detail) => new(s_invalid with { Detail = $"{detail}." });
}
