using System.ComponentModel;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Campaigns;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Flags;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Templates;

/// <summary>Routes of <c>/v1/templates</c>: named texts that a store's campaigns refer to.</summary>
static class TemplateRoutes
{
    const string NameHelp = "The template's name: letters, digits, `-`, `_` and `.`, at most 128.";

    // Maximum length of a preview's code, in characters.
    const int MaxCode = 64;

    static readonly HttpProblem s_invalid = new(400, "invalid_template", "The template is invalid; see 'problems'.");
    static readonly HttpProblem s_notFound = new(404, "template_not_found", "There is no such template.");
    static readonly HttpProblem s_unfit = new(409, "template_unfit", "A campaign in force that names the template cannot use the new texts.");
    static readonly HttpProblem s_invalidPreview = new(400, "invalid_preview", "The offer of the preview is invalid.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/templates", ApiTags.Templates);
        group.MapGet("", List).Describe("listTemplates", "List templates", "The store's templates, by name.").Query(QueryParameters.Limit, QueryParameters.Cursor);
        group.MapGet("/{name}", Get).Describe("getTemplate", "Get a template", "With its version as ETag, for `If-Match`.").Problems(s_notFound);
        group.MapGet("/{name}/versions", VersionsAsync).Describe("listTemplateVersions", "List a template's versions", "The versions with author and time, the newest first. The last 100 are kept.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(s_notFound, ControlProblems.Unavailable);
        group.MapPost("", AddAsync).Describe("createTemplate", "Create a template", "Rejected if the name is taken.")
            .Produces<TemplateItem>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, s_unfit, ControlProblems.TemplateExists, ControlProblems.TooManyTemplates, ControlProblems.ApprovalRequired, ControlProblems.Unavailable);
        group.MapPost("/check", Check).Describe("checkTemplate", "Check a template", "Validates texts, and lists every problem with its line and column. Nothing is saved.")
            .WithMetadata(new ChangesNothing()).Problems(ApiProblems.InvalidJson);
        group.MapPost("/{name}/preview", PreviewAsync).Describe("previewTemplate", "Preview a template",
            "Renders the texts for a sample or, with `personal_data:read`, a real cart. Nothing is sent.")
            .WithMetadata(new ChangesNothing(), new ShowsPersonalData(IsOfCart: true)).Problems(ApiProblems.InvalidJson, s_invalidPreview, ApiProblems.CartNotFound, s_notFound);
        group.MapPut("/{name}", PutAsync).Describe("putTemplate", "Create or change a template", """
            In force at once in the campaigns that name it, and within a second in other engines that share the database. While `settings.approval` is `required`, rejected if an
            approved or active campaign names it: create another template, and a version of the campaign that names it. With `If-Match`, only the version with this ETag is
            followed; with `If-None-Match: *`, none.
            """).Produces<TemplateItem>().Produces<TemplateItem>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, s_unfit, ControlProblems.TemplateExists, ControlProblems.TemplateChanged, ControlProblems.TooManyTemplates,
                ControlProblems.ApprovalRequired, ControlProblems.Unavailable);
        group.MapDelete("/{name}", DeleteAsync).Describe("deleteTemplate", "Delete a template", "Deletes a template and its versions. Rejected while a campaign uses it.")
            .Produces(StatusCodes.Status204NoContent)
            .Problems(s_notFound, ControlProblems.TemplateChanged, ControlProblems.TemplateInUse, ControlProblems.Unavailable);
    }

    static Ok<ItemPage<TemplateItem>> List(HttpContext context, Caller caller, RequestQuery query, TemplateDirectory templates) =>
        TypedResults.Ok(Cursors.Page(context, query, [.. templates.OfStore(caller.Store.Id).Select(TemplateItem.Of)]));

    static Ok<TemplateItem> Get([Description(NameHelp)] string name, HttpContext context, Caller caller, TemplateDirectory templates) =>
        TypedResults.Ok(Tagged(context, Find(templates, caller, name)));

    static async Task<Ok<ItemPage<TemplateItem>>> VersionsAsync(
        [Description(NameHelp)] string name, HttpContext context, Caller caller, RequestQuery query, TemplateStore store, TemplateDirectory templates)
    {
        Find(templates, caller, name);
        return TypedResults.Ok(Cursors.Page(context, query, [.. (await store.VersionsAsync(caller.Store.Id, name, context.RequestAborted)).Select(TemplateItem.Of)]));
    }

    static Ok<TemplateCheckResult> Check(TemplateDefinition body) => TypedResults.Ok(TemplateFit.ProblemsOf(body) is { Count: > 0 } problems
        ? new TemplateCheckResult(Valid: false, problems) : new TemplateCheckResult(Valid: true, []));

    static async Task<Ok<TemplatePreview>> PreviewAsync(
        [Description(NameHelp)] string name, TemplatePreviewBody? body, HttpContext context, Caller caller, TemplateDirectory templates, CartReader carts, JourneyWorker journeys)
    {
        var definition = Find(templates, caller, name).Definition;
        body ??= new TemplatePreviewBody();
        if (body.DiscountPercent is <= 0 or > 100 || body.Code?.Length > MaxCode)
        {
            throw new ProblemException(s_invalidPreview with { Detail = $"discountPercent: expected more than 0 and at most 100; code: at most {MaxCode} characters." });
        }

        CartRecord? cart = null;
        var cartId = body.CartId;
        if (cartId is not null)
        {
            (cartId, cart) = await CampaignsRoutes.FindCartAsync(context, caller.Store, cartId, carts);
        }

        var step = new CampaignStep
        {
            Wait = 0,
            UsefulFor = 0,
            Channel = Campaign.SocketChannel,
            Offers = [new Offer(ActionKind.Discount, body.DiscountPercent ?? 10, body.Code ?? "EXAMPLE")],
            Message = MessageTemplate.Compile(definition.Message ?? "", MessageFormat.Text),
            Subject = definition.Subject is { } subject ? MessageTemplate.Compile(subject, MessageFormat.Line) : null,
            Html = definition.Html is { } html ? MessageTemplate.Compile(html, MessageFormat.Html) : null,
        };
        var prepared = await journeys.InvokeAsync((engine, now) => engine.PreparePreview(caller.Store.Id, name, step, cartId ?? "sample", cart, now)) ?? throw new ProblemException(s_notFound);
        var message = (cart is null ? SampleLines.AddTo(prepared) : prepared).RenderPreview();
        return TypedResults.Ok(new TemplatePreview(message.Message, message.Subject, message.Html));
    }

    static Task<IResult> AddAsync(
        NewTemplateBody body, HttpContext context, Caller caller, TemplateStore store, IEngineState engine, ITemplateControl control) =>
        SetAsync(body.Name ?? "", body.ToDefinition(), new FlagExpectation(IsNew: true), context, caller, store, engine, control);

    static Task<IResult> PutAsync(
        [Description(NameHelp)] string name, TemplateDefinition body, HttpContext context, Caller caller, TemplateStore store, IEngineState engine, ITemplateControl control) =>
        SetAsync(name, body, EntityTags.ExpectationOf(context), context, caller, store, engine, control);

    static async Task<IResult> SetAsync(
        string name, TemplateDefinition definition, FlagExpectation expected, HttpContext context, Caller caller, TemplateStore store, IEngineState engine, ITemplateControl control)
    {
        string[] problems = !FlagCheck.IsKey(name) ? [$"name: expected letters, digits, '-', '_' and '.', at most {FlagCheck.MaxKey}"]
            : definition.Description?.Length > TemplateDefinition.MaxDescription ? [$"description: expected at most {TemplateDefinition.MaxDescription} characters"]
            : [.. TemplateFit.ProblemsOf(definition).Select(problem => problem.ToString())];
        if (problems.Length > 0)
        {
            throw new ProblemException(s_invalid with { Detail = $"{problems[0]}.", Problems = problems });
        }

        var storeId = caller.Store.Id;
        if (control.ProblemInUse(storeId, name, definition) is { } unfit)
        {
            throw new ProblemException(s_unfit with { Detail = $"{unfit}." });
        }

        var guarded = engine.Config.Settings.Approval == ApprovalRule.Required ? control.CampaignsWith(storeId, name) : null;
        var template = await store.SetAsync(
            storeId, name, definition, expected, guarded, RequestAudit.ActorOf(context)!, UserIdentity.AddressOf(context), context.RequestAborted);
        await control.ApplyTemplatesAsync();
        var item = Tagged(context, template);
        return template.Number == 1 ? TypedResults.Created((string?)null, item) : TypedResults.Ok(item);
    }

    static async Task<NoContent> DeleteAsync([Description(NameHelp)] string name, HttpContext context, Caller caller, TemplateStore store, ITemplateControl control)
    {
        var isDeleted = await store.DeleteAsync(caller.Store.Id, name, EntityTags.ExpectationOf(context), control.CampaignsWith(caller.Store.Id, name), RequestAudit.ActorOf(context)!,
            UserIdentity.AddressOf(context), context.RequestAborted);
        await control.ApplyTemplatesAsync();
        return isDeleted ? TypedResults.NoContent() : throw new ProblemException(s_notFound);
    }

    static Template Find(TemplateDirectory templates, Caller caller, string name) => templates.Get(caller.Store.Id, name) ?? throw new ProblemException(s_notFound);

    static TemplateItem Tagged(HttpContext context, Template template)
    {
        context.Response.Headers.ETag = $"\"{template.Version}\"";
        return TemplateItem.Of(template);
    }
}
