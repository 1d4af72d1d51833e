using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>
/// Routes of <c>/v1/experiments</c>: experiments that are evaluated as feature flags, and those of campaigns, with their results.
/// </summary>
static class ExperimentRoutes
{
    static readonly HttpProblem s_invalid = new(400, "invalid_experiment", "The body is not an experiment.");
    static readonly HttpProblem s_notFound = new(404, "experiment_not_found", "There is no such experiment.");
    static readonly HttpProblem s_file = new(409, "managed_by_file", "A campaign of the configuration has the experiment. Change it there.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/experiments", ApiTags.Experiments);
        group.MapGet("", ListAsync)
            .Describe("listExperiments", "List experiments", "The store's experiments, the newest first; then those of campaigns, with `managedBy: file`.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).WithMetadata(new ReadsReports());
        group.MapGet("/{key}", GetAsync)
            .Describe("getExperiment", "Get an experiment", "The experiment with its results by variant: exposed subjects, their later orders and revenue, compared with the control.")
            .WithMetadata(new ReadsReports()).Problems(s_notFound);
        group.MapPost("", AddAsync)
            .Describe("startExperiment", "Start an experiment", "Its flag, with the same key, evaluates to the variants at once.")
            .Produces<ExperimentItem>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, ControlProblems.FlagExists, ControlProblems.SegmentUnknown, ControlProblems.TooManyExperiments, ControlProblems.Unavailable);
        group.MapPatch("/{key}", ChangeAsync)
            .Describe("changeExperiment", "Change an experiment's weights", "New subjects are assigned by the new weights. Subjects already assigned keep their variant.")
            .Problems(ApiProblems.InvalidJson, s_invalid, s_notFound, s_file, ControlProblems.ExperimentUnchangeable, ControlProblems.Unavailable);
        group.MapPost("/{key}/end", EndAsync)
            .Describe("endExperiment", "End an experiment", "Every subject gets the winner, or else the control, until the experiment is deleted.")
            .Problems(ApiProblems.InvalidJson, s_notFound, s_file, ControlProblems.ExperimentUnchangeable, ControlProblems.Unavailable);
        group.MapDelete("/{key}", DeleteAsync)
            .Describe("deleteExperiment", "Delete an experiment", "Deletes an experiment that has ended, with its results. Clients then use the default in their code.")
            .Produces(StatusCodes.Status204NoContent).Problems(s_notFound, s_file, ControlProblems.ExperimentUnchangeable, ControlProblems.Unavailable, ApiProblems.Overloaded);
    }

    static async Task<Ok<ItemPage<ExperimentItem>>> ListAsync(
        HttpContext context, Caller caller, RequestQuery query, FlagDirectory flags, ExposureLog exposures, JourneyReports reports, JourneyWorker journeys,
        IJourneyOptionsProvider inForce)
    {
        await CatchUpAsync(exposures, journeys);
        var page = Cursors.Page<object>(context, query, [.. flags.ExperimentsOf(caller.Store.Id), .. CampaignsOf(caller, inForce)]);
        return TypedResults.Ok(new ItemPage<ExperimentItem>([.. page.Items.Select(one => one is Experiment experiment
            ? ItemOf(experiment, caller, reports, inForce) : ItemOf((Campaign)one, caller, reports, inForce))], page.Next));
    }

    static async Task<Ok<ExperimentItem>> GetAsync(
        [Description("The experiment's key, or the campaign.")] string key, Caller caller, FlagDirectory flags, ExposureLog exposures, JourneyReports reports, JourneyWorker journeys,
        IJourneyOptionsProvider inForce)
    {
        await CatchUpAsync(exposures, journeys);
        return TypedResults.Ok(flags.ExperimentsOf(caller.Store.Id).FirstOrDefault(one => one.Key == key) is { } experiment ? ItemOf(experiment, caller, reports, inForce)
            : CampaignsOf(caller, inForce).FirstOrDefault(one => one.Name == key) is { } campaign ? ItemOf(campaign, caller, reports, inForce)
            : throw new ProblemException(s_notFound));
    }

    static async Task<Created<ExperimentItem>> AddAsync(NewExperimentBody body, HttpContext context, Caller caller, ExperimentStore store, IDefinitions<SegmentDefinition> segments)
    {
        var definition = body.ToDefinition();
        var problem = !DefinitionName.IsValid(body.Key) ? $"key: expected {DefinitionName.Rule}"
            : definition.ProblemOf(new FlagCheck(FeatureTable.Names.Contains, segments), caller.Store.Id);
        return problem is not null ? throw new ProblemException(s_invalid with { Detail = $"{problem}." })
            : TypedResults.Created((string?)null, ExperimentItem.Of(
                await store.AddAsync(caller.Store.Id, body.Key!, definition, ActorOf(context), UserIdentity.AddressOf(context), context.RequestAborted), caller.Store.Currency, []));
    }

    static async Task<Ok<ExperimentItem>> ChangeAsync(
        [Description("The experiment's key.")] string key, ExperimentChange body, HttpContext context, Caller caller, ExperimentStore store, JourneyReports reports, IJourneyOptionsProvider inForce)
    {
        if (body.Weights is null || ExperimentDefinition.ProblemOf([.. body.Weights.Values]) is not null)
        {
            throw new ProblemException(s_invalid with { Detail = $"weights: expected a number from 0 to {ExperimentDefinition.MaxWeight} for each variant, not all 0." });
        }

        var changed = await store.SetWeightsAsync(caller.Store.Id, key, body.Weights, ActorOf(context), UserIdentity.AddressOf(context), context.RequestAborted);
        return TypedResults.Ok(ItemOf(changed ?? throw Missing(key, caller, inForce), caller, reports, inForce));
    }

    static async Task<Ok<ExperimentItem>> EndAsync(
        [Description("The experiment's key.")] string key, ExperimentEnd body, HttpContext context, Caller caller, ExperimentStore store, JourneyReports reports, IJourneyOptionsProvider inForce)
    {
        var ended = await store.EndAsync(caller.Store.Id, key, body.Winner, ActorOf(context), UserIdentity.AddressOf(context), context.RequestAborted);
        return TypedResults.Ok(ItemOf(ended ?? throw Missing(key, caller, inForce), caller, reports, inForce));
    }

    static async Task<NoContent> DeleteAsync(
        [Description("The experiment's key.")] string key, HttpContext context, Caller caller, ExperimentStore store, ExposureLog exposures, IJourneyOptionsProvider inForce)
    {
        var deleted = await store.DeleteAsync(caller.Store.Id, key, ActorOf(context), UserIdentity.AddressOf(context), context.RequestAborted) ?? throw Missing(key, caller, inForce);
        await exposures.DeleteAsync(deleted);
        return TypedResults.NoContent();
    }

    static async Task CatchUpAsync(ExposureLog exposures, JourneyWorker journeys)
    {
        while (await exposures.FlushAsync())
        {
        }

        await journeys.CatchUpForReportAsync();
    }

    static string ActorOf(HttpContext context) => RequestAudit.ActorOf(context)!;

    static ProblemException Missing(string key, Caller caller, IJourneyOptionsProvider inForce) => new(CampaignsOf(caller, inForce).Any(campaign => campaign.Name == key) ? s_file : s_notFound);

    static IEnumerable<Campaign> CampaignsOf(Caller caller, IJourneyOptionsProvider inForce)
    {
        var campaigns = inForce.JourneyOptions.Campaigns;
        return Enumerable.Range(0, campaigns.Count).Select(i => campaigns[i]).Where(campaign => campaign.AppliesTo(caller.Store.Number) && campaign.Variants.Count > 1);
    }

    static ExperimentItem ItemOf(Experiment experiment, Caller caller, JourneyReports reports, IJourneyOptionsProvider inForce) => ExperimentItem.Of(experiment, caller.Store.Currency,
        ExperimentReport.Of(reports, caller.Store.Id, caller.Store.Currency, inForce.JourneyOptions.Campaigns.Rates, experiment.Id, experiment.Allocation));

    static ExperimentItem ItemOf(Campaign campaign, Caller caller, JourneyReports reports, IJourneyOptionsProvider inForce) => ExperimentItem.Of(campaign, caller.Store.Currency,
        ExperimentReport.OfCampaign(reports, caller.Store.Id, caller.Store.Currency, inForce.JourneyOptions.Campaigns.Rates, campaign.Name));
}
