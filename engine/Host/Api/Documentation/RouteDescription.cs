using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace CartRecovery.Host.Api.Documentation;

/// <summary>Metadata of a route: the problems that it answers with, beside those that its access and its parameters bring.</summary>
sealed record AnsweredProblems(IReadOnlyList<Problem> All);

/// <summary>Metadata of a route: the schema of its body, made from the one of the type that it accepts.</summary>
sealed record BodySchema(Func<IOpenApiSchema, IOpenApiSchema> Of);

/// <summary>Metadata of a route: it answers 200 with a body of this media type, which is no JSON.</summary>
sealed record AnswersMedia(string Type);

/// <summary>Metadata of a GET route that answers no HEAD.</summary>
sealed record NoHead;

/// <summary>What a route says about itself.</summary>
static class RouteDescription
{
    /// <summary>Names a route's operation and describes it.</summary>
    /// <param name="route">The route.</param>
    /// <param name="operationId">Its operation id: a verb and a noun in camelCase.</param>
    /// <param name="summary">A few words.</param>
    /// <param name="description">What a client has to know, in Markdown.</param>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string operationId, string summary, string description) =>
        route.WithName(operationId).WithSummary(summary).WithDescription(description);

    /// <summary>Declares the query parameters. Others are refused.</summary>
    public static RouteHandlerBuilder Query(this RouteHandlerBuilder route, params QueryParameter[] parameters) =>
        route.WithMetadata(new AcceptedQuery(parameters));

    /// <summary>Declares the query parameters of a path that is in links and pages, where programs add parameters of their own: those are ignored.</summary>
    public static RouteHandlerBuilder QueryAndOthers(this RouteHandlerBuilder route, params QueryParameter[] parameters) =>
        route.WithMetadata(new AcceptedQuery(parameters, AllowsOthers: true));

    /// <summary>Declares an answer that is no JSON.</summary>
    public static RouteHandlerBuilder Media(this RouteHandlerBuilder route, string type) =>
        route.Produces(StatusCodes.Status200OK).WithMetadata(new AnswersMedia(type));

    /// <summary>Declares the problems that the handler answers with.</summary>
    public static RouteHandlerBuilder Problems(this RouteHandlerBuilder route, params Problem[] problems) => route.WithMetadata(new AnsweredProblems(problems));

    /// <summary>A group for servers of a shop: a secret key is required.</summary>
    public static RouteGroupBuilder ForServers(this IEndpointRouteBuilder routes, string path, string tag) =>
        routes.MapGroup(path).WithTags(tag).RequireAuthorization(AccessPolicies.Secret);

    /// <summary>Answers HEAD wherever GET is answered. The server leaves the body out.</summary>
    public static void AnswerHead(EndpointBuilder route)
    {
        if (!route.Metadata.OfType<NoHead>().Any() && route.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { HttpMethods: ["GET"] } get)
        {
            route.Metadata.Add(new HttpMethodMetadata(["GET", "HEAD"], get.AcceptCorsPreflight));
        }
    }
}
