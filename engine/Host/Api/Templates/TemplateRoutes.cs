using System.ComponentModel;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Campaigns;
using CartRecovery.Host.Api.Carts;
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

namespace CartRecovery.Host.Api.Templates;

/// <summary>Routes of <c>/v1/templates</c>: named texts that a store's campaigns refer to.</summary>
static class TemplateRoutes
{
    const string NameHelp = "The template's name: letters, digits, `-`, `_` and `.`, at most 128.";

    // Maximum length of a preview's code, in characters.
    const int MaxCode = 64;

    static readonly HttpProblem s_invalid = new(400, "invalid_template", "The template is invalid; see 'problems'.");
    static readonly HttpProblem s_notFound = DefinitionProblems.NotFound(TemplateDefinition.Kind.Terms);
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
        group.MapPost("/preview", PreviewDraftAsync).Describe("previewTemplateDraft", "Preview texts that are not saved",
            "Renders the texts for a sample or, with `personal_data:read`, a real cart. Nothing is saved or sent.")
            .WithMetadata(new ChangesNothing(), new ShowsPersonalData(IsOfCart: true)).Problems(ApiProblems.InvalidJson, s_invalid, s_invalidPreview, ApiProblems.CartNotFound);
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

    static Ok<ItemPage<TemplateItem>> List(HttpContext context, Caller caller, RequestQuery query, DefinitionApi<TemplateDefinition> templates) =>
        templates.List<TemplateItem>(context, caller, query);

    static Ok<TemplateItem> Get([Description(NameHelp)] string name, HttpContext context, Caller caller, DefinitionApi<TemplateDefinition> templates) =>
        templates.Get<TemplateItem>(name, context, caller);

    static Task<Ok<ItemPage<TemplateItem>>> VersionsAsync(
        [Description(NameHelp)] string name, HttpContext context, Caller caller, RequestQuery query, DefinitionApi<TemplateDefinition> templates) =>
        templates.VersionsAsync<TemplateItem>(name, context, caller, query);

    static Ok<TemplateCheckResult> Check(TemplateDefinition body) => TypedResults.Ok(TemplateFit.ProblemsOf(body) is { Count: > 0 } problems
        ? new TemplateCheckResult(Valid: false, problems) : new TemplateCheckResult(Valid: true, []));

    static Task<Ok<TemplatePreview>> PreviewAsync(
        [Description(NameHelp)] string name, TemplatePreviewBody? body, HttpContext context, Caller caller, DefinitionApi<TemplateDefinition> templates, CartReader carts,
        JourneyWorker journeys) => RenderAsync(name, templates.Find(caller, name).Definition, body ?? new TemplatePreviewBody(), context, caller, carts, journeys);

    static Task<Ok<TemplatePreview>> PreviewDraftAsync(TemplateDraftBody body, HttpContext context, Caller caller, CartReader carts, JourneyWorker journeys)
    {
        var definition = body.ToDefinition();
        Validate(TemplateFit.ProblemsOf(definition).Select(problem => problem.ToString()));
        return RenderAsync("draft", definition, body.ToPreview(), context, caller, carts, journeys);
    }

    static async Task<Ok<TemplatePreview>> RenderAsync(
        string name, TemplateDefinition definition, TemplatePreviewBody body, HttpContext context, Caller caller, CartReader carts, JourneyWorker journeys)
    {
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

    static Task<IResult> AddAsync(NewTemplateBody body, HttpContext context, Caller caller, DefinitionApi<TemplateDefinition> templates, IDefinitionControl control) =>
        SetAsync(body.Name ?? "", body.ToDefinition(), new Precondition(IsNew: true), context, caller, templates, control);

    static Task<IResult> PutAsync(
        [Description(NameHelp)] string name, TemplateDefinition body, HttpContext context, Caller caller, DefinitionApi<TemplateDefinition> templates, IDefinitionControl control) =>
        SetAsync(name, body, Preconditions.Of(context), context, caller, templates, control);

    static Task<IResult> SetAsync(
        string name, TemplateDefinition definition, Precondition expected, HttpContext context, Caller caller, DefinitionApi<TemplateDefinition> templates, IDefinitionControl control)
    {
        Validate(templates.ProblemOfName(name) is { } problem ? [problem]
            : definition.Description?.Length > TemplateDefinition.MaxDescription ? [$"description: expected at most {TemplateDefinition.MaxDescription} characters"]
            : TemplateFit.ProblemsOf(definition).Select(problem => problem.ToString()));
        return control.ProblemInUse(caller.Store.Id, name, definition) is { } unfit ? throw new ProblemException(s_unfit with { Detail = $"{unfit}." })
            : templates.SetAsync<TemplateItem>(name, definition, expected, context, caller);
    }

    static void Validate(IEnumerable<string> problems)
    {
        string[] all = [.. problems];
        if (all.Length > 0)
        {
            throw new ProblemException(s_invalid with { Detail = $"{all[0]}.", Problems = all });
        }
    }

    static Task<NoContent> DeleteAsync([Description(NameHelp)] string name, HttpContext context, Caller caller, DefinitionApi<TemplateDefinition> templates) =>
        templates.DeleteAsync(name, context, caller);
}
