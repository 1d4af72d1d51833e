using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace CartRecovery.Host.Api.Documentation;

/// <summary>Route metadata: the problems its handler answers with, in addition to those of its access policy and parameters.</summary>
sealed record ProducesProblems(IReadOnlyList<HttpProblem> All);

/// <summary>Route metadata: builds the body's schema from that of the accepted type.</summary>
sealed record BodySchema(Func<IOpenApiSchema, IOpenApiSchema> Of);

/// <summary>Route metadata: a 200 response has this media type other than JSON.</summary>
sealed record ProducesMediaType(string Type);

/// <summary>Route metadata: a GET route that does not answer HEAD.</summary>
sealed record NoHead;

/// <summary>Declares a route's description, parameters, problems and access.</summary>
static class RouteDescription
{
    /// <summary>Names a route's operation and describes it.</summary>
    /// <param name="route">The route.</param>
    /// <param name="operationId">The operation id: a verb and a noun in camelCase.</param>
    /// <param name="summary">A few words.</param>
    /// <param name="description">What a client must know, in Markdown.</param>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string operationId, string summary, string description) =>
        route.WithName(operationId).WithSummary(summary).WithDescription(description);

    /// <summary>Declares the query parameters; unknown ones are rejected.</summary>
    public static RouteHandlerBuilder Query(this RouteHandlerBuilder route, params QueryParameter[] parameters) =>
        route.WithMetadata(new AcceptedQuery(parameters));

    /// <summary>
    /// Declares the query parameters and ignores unknown ones, for links and pages to which other programs add parameters.
    /// </summary>
    public static RouteHandlerBuilder QueryAndOthers(this RouteHandlerBuilder route, params QueryParameter[] parameters) =>
        route.WithMetadata(new AcceptedQuery(parameters, AllowsOthers: true));

    /// <summary>Declares a response that is not JSON.</summary>
    public static RouteHandlerBuilder Media(this RouteHandlerBuilder route, string type) =>
        route.Produces(StatusCodes.Status200OK).WithMetadata(new ProducesMediaType(type));

    /// <summary>Declares the problems the handler answers with.</summary>
    public static RouteHandlerBuilder Problems(this RouteHandlerBuilder route, params HttpProblem[] problems) => route.WithMetadata(new ProducesProblems(problems));

    /// <summary>Creates a group that requires a secret key, for the shop's servers.</summary>
    public static RouteGroupBuilder ForServers(this IEndpointRouteBuilder routes, string path, string tag) =>
        routes.MapGroup(path).WithTags(tag).RequireAuthorization(AccessPolicies.Secret);

    /// <summary>Adds HEAD to every GET route without <see cref="NoHead"/>; the server omits the body.</summary>
    public static void AddHead(EndpointBuilder route)
    {
        if (!route.Metadata.OfType<NoHead>().Any() && route.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { HttpMethods: ["GET"] } get)
        {
            route.Metadata.Add(new HttpMethodMetadata(["GET", "HEAD"], get.AcceptCorsPreflight));
        }
    }
}
