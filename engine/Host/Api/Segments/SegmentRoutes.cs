using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Definitions;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Segments;

/// <summary>Routes of <c>/v1/segments</c>: named conditions that a store's flags, experiments and campaigns refer to.</summary>
static class SegmentRoutes
{
    const string KeyHelp = "The segment's key: letters, digits, `-`, `_` and `.`, at most 128.";

    static readonly HttpProblem s_invalid = new(400, "invalid_segment", "The body is not a segment.");
    static readonly HttpProblem s_notFound = DefinitionProblems.NotFound(SegmentDefinition.Kind.Terms);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/segments", ApiTags.Segments);
        group.MapGet("", List).Describe("listSegments", "List segments", "The store's segments, by key.").Query(QueryParameters.Limit, QueryParameters.Cursor);
        group.MapGet("/{key}", Get).Describe("getSegment", "Get a segment", "With its version as ETag, for `If-Match`.").Problems(s_notFound);
        group.MapGet("/{key}/versions", VersionsAsync).Describe("listSegmentVersions", "List a segment's versions", "The versions with author and time, the newest first. The last 100 are kept.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(s_notFound, ControlProblems.Unavailable);
        group.MapGet("/{key}/size", SizeAsync).Describe("getSegmentSize", "Estimate a segment's size", """
            How many carts and signed-in customers are in it, from a sample of at most 4,000 of the carts in memory. A segment that compares customers' attributes
            requires `personal_data:read`: counts tell who has an attribute.
            """).WithMetadata(new ReadsReports(), new ShowsPersonalData(IsOfCart: true)).Problems(s_notFound, ApiProblems.Overloaded);
        group.MapPost("", AddAsync).Describe("createSegment", "Create a segment", "Rejected if the key is taken.")
            .Produces<SegmentItem>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, ControlProblems.SegmentExists, ControlProblems.TooManySegments, ControlProblems.ApprovalRequired, ControlProblems.Unavailable);
        group.MapPut("/{key}", PutAsync).Describe("putSegment", "Create or change a segment", """
            In force at once where it is used, and within a second in other engines that share the database. While `settings.approval` is `required`, rejected if an approved
            or active campaign names it: create another segment, and a version of the campaign that names it. With `If-Match`, only the version with this ETag is followed; with
            `If-None-Match: *`, none.
            """).Produces<SegmentItem>().Produces<SegmentItem>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, ControlProblems.SegmentExists, ControlProblems.SegmentChanged, ControlProblems.TooManySegments, ControlProblems.ApprovalRequired,
                ControlProblems.Unavailable);
        group.MapDelete("/{key}", DeleteAsync).Describe("deleteSegment", "Delete a segment", "Deletes a segment and its versions. Rejected while a flag, an experiment or a campaign uses it.")
            .Produces(StatusCodes.Status204NoContent)
            .Problems(s_notFound, ControlProblems.SegmentChanged, ControlProblems.SegmentInUse, ControlProblems.Unavailable);
    }

    static Ok<ItemPage<SegmentItem>> List(HttpContext context, Caller caller, RequestQuery query, DefinitionApi<SegmentDefinition> segments) =>
        segments.List<SegmentItem>(context, caller, query);

    static Ok<SegmentItem> Get([Description(KeyHelp)] string key, HttpContext context, Caller caller, DefinitionApi<SegmentDefinition> segments) =>
        segments.Get<SegmentItem>(key, context, caller);

    static Task<Ok<ItemPage<SegmentItem>>> VersionsAsync(
        [Description(KeyHelp)] string key, HttpContext context, Caller caller, RequestQuery query, DefinitionApi<SegmentDefinition> segments) =>
        segments.VersionsAsync<SegmentItem>(key, context, caller, query);

    static async Task<Ok<SegmentSize>> SizeAsync(
        [Description(KeyHelp)] string key, HttpContext context, Caller caller, DefinitionApi<SegmentDefinition> segments, SegmentSizes sizes)
    {
        var segment = segments.Find(caller, key);
        if (segment.Definition.Conditions?.Any(condition => condition.Customer is not null) == true)
        {
            await RequestAudit.AdmitReadAsync(context);
        }

        return TypedResults.Ok(await sizes.EstimateAsync(caller.Store, segment, context.RequestAborted));
    }

    static Task<IResult> AddAsync(NewSegmentBody body, HttpContext context, Caller caller, DefinitionApi<SegmentDefinition> segments) =>
        SetAsync(body.Key ?? "", body.ToDefinition(), new Precondition(IsNew: true), context, caller, segments);

    static Task<IResult> PutAsync(
        [Description(KeyHelp)] string key, SegmentDefinition body, HttpContext context, Caller caller, DefinitionApi<SegmentDefinition> segments) =>
        SetAsync(key, body, Preconditions.Of(context), context, caller, segments);

    static Task<IResult> SetAsync(
        string key, SegmentDefinition definition, Precondition expected, HttpContext context, Caller caller, DefinitionApi<SegmentDefinition> segments) =>
        (segments.ProblemOfName(key) ?? definition.ProblemOf(new ConditionCheck(FeatureTable.Names.Contains))) is { } problem
            ? throw new ProblemException(s_invalid with { Detail = $"{problem}." })
            : segments.SetAsync<SegmentItem>(key, definition, expected, context, caller);

    static Task<NoContent> DeleteAsync([Description(KeyHelp)] string key, HttpContext context, Caller caller, DefinitionApi<SegmentDefinition> segments) =>
        segments.DeleteAsync(key, context, caller);
}
