using System.Globalization;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Access.Certificates;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CartRecovery.Host.Api.Documentation;

/// <summary>Adds query parameters, problems and security from a route's metadata to its operation.</summary>
sealed class OperationDetails : IOpenApiOperationTransformer
{
    static readonly HttpProblem[] s_always =
    [
        ApiProblems.UnknownParameter, ApiProblems.BadRequest, ConnectionLimiter.ProblemOf(ConnectionRejection.Address), RateLimits.Exceeded,
        ApiProblems.Internal,
        ApiProblems.Stopping,
    ];

    static readonly HttpProblem[] s_withKey =
    [
        Authenticator.MissingKey, Authenticator.UnknownKey, Authenticator.LoopbackOnly, Authenticator.ForbiddenOrigin, Authenticator.SecretInBrowser, ClientCertificates.Unknown,
        ClientCertificates.Refused, SessionCookies.CrossOrigin,
    ];

    static readonly HttpProblem[] s_forUsers =
    [
        UserTokenAuthentication.InvalidToken, UserTokenAuthentication.CsrfRequired, UserTokenAuthentication.NoRole,
        UserAccess.PermissionDenied, UserAccess.StoreRequired,
    ];

    static readonly HttpProblem[] s_withBody =
    [
        ApiProblems.RequestTimeout, ApiProblems.TooLarge, ApiProblems.UnsupportedMediaType, ApiProblems.UnsupportedEncoding,
    ];


    /// <summary>Returns every problem that a route can answer with.</summary>
    public static IEnumerable<HttpProblem> ProblemsOf(IReadOnlyList<object> metadata)
    {
        IEnumerable<HttpProblem> problems = [.. s_always, .. metadata.OfType<ProducesProblems>().SelectMany(p => p.All)];
        if (metadata.OfType<IAuthorizeData>().LastOrDefault()?.Policy == AccessPolicies.Operator)
        {
            problems = [.. problems, Authenticator.MissingKey, Authenticator.UnknownKey, .. s_withKey[2..], AccessRejections.OperatorKeyRequired];
        }
        else if (PolicyOf(metadata) is { } policy)
        {
            problems = [.. problems, .. s_withKey, .. policy switch
            {
                AccessPolicies.Secret => (HttpProblem[])[AccessRejections.SecretKeyRequired, Authenticator.ScopeRequired, .. s_forUsers],
                AccessPolicies.User or AccessPolicies.Monitoring or AccessPolicies.StoreUser or AccessPolicies.Session => [UserAccess.UserRequired, .. s_forUsers],
                _ => [Authenticator.ScopeRequired, .. s_forUsers[..^1]],
            }];
        }

        if (metadata.Any(item => item is AuditedChange or ShowsPersonalData))
        {
            problems = problems.Append(ControlProblems.Unavailable);
        }

        if (metadata.OfType<AcceptedQuery>().LastOrDefault() is { All.Count: > 0 })
        {
            problems = problems.Append(ApiProblems.InvalidParameter);
        }

        return metadata.OfType<IAcceptsMetadata>().Any() ? problems.Concat(s_withBody) : problems;
    }

    /// <summary>
    /// Returns the policy of a store's key that a route requires; <see langword="null"/> for a public one. Those for operators are, unless configured otherwise.
    /// </summary>
    public static string? PolicyOf(IReadOnlyList<object> metadata) =>
        metadata.OfType<IAllowAnonymous>().Any() ? null
            : metadata.OfType<IAuthorizeData>().LastOrDefault()?.Policy is { } policy and not AccessPolicies.Operator ? policy : null;

    /// <inheritdoc/>
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata.AsReadOnly();
        AddQuery(operation, metadata);
        AddProblems(operation, metadata, context.Document!);
        foreach (var media in metadata.OfType<ProducesMediaType>())
        {
            if (operation.Responses?["200"] is OpenApiResponse answer)
            {
                (answer.Content ??= new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal))[media.Type] =
                    new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
            }
        }

        if (metadata.OfType<BodySchema>().LastOrDefault() is { } body && operation.RequestBody is OpenApiRequestBody { Content: { } contents })
        {
            foreach (var content in contents.Values)
            {
                content.Schema = body.Of(content.Schema!);
            }
        }

        operation.Security = PolicyOf(metadata) is null ? [] : [.. DocumentDetails.Schemes.Keys.Select(name => new OpenApiSecurityRequirement
        {
            [new OpenApiSecuritySchemeReference(name, context.Document)] = [],
        })];
        return Task.CompletedTask;
    }

    static void AddQuery(OpenApiOperation operation, IReadOnlyList<object> metadata)
    {
        foreach (var parameter in metadata.OfType<AcceptedQuery>().LastOrDefault()?.All ?? [])
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = parameter.Name,
                In = ParameterLocation.Query,
                Description = parameter.Description,
                Schema = new OpenApiSchema
                {
                    Type = parameter.Type == "integer" ? JsonSchemaType.Integer : JsonSchemaType.String,
                    Enum = parameter.Values.Count == 0 ? null : [.. parameter.Values.Select(v => (JsonNode)v)],
                    Minimum = parameter.Range?.Min.ToString(CultureInfo.InvariantCulture),
                    Maximum = parameter.Range?.Max.ToString(CultureInfo.InvariantCulture),
                    Default = parameter is { Default: { } @default, Type: "integer" } ? long.Parse(@default, CultureInfo.InvariantCulture) : parameter.Default,
                },
            });
        }
    }

    static void AddProblems(OpenApiOperation operation, IReadOnlyList<object> metadata, OpenApiDocument document)
    {
        operation.Responses ??= [];
        foreach (var status in ProblemsOf(metadata).DistinctBy(p => (p.Status, p.Code)).GroupBy(p => p.Status).OrderBy(g => g.Key))
        {
            var key = status.Key.ToString(CultureInfo.InvariantCulture);
            var response = operation.Responses.TryGetValue(key, out var known) && known is OpenApiResponse declared ? declared : new OpenApiResponse();
            operation.Responses[key] = response;
            response.Description = $"{status.First().Title}: {string.Join(", ", status.Select(p => $"`{p.Code}`"))}.";
            (response.Content ??= new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal))[HttpProblem.MediaType] = new OpenApiMediaType
            {
                Schema = new OpenApiSchemaReference(DocumentDetails.ProblemSchema, document),
                Examples = status.ToDictionary(p => p.Code, p => (IOpenApiExample)new OpenApiExample
                {
                    Summary = p.Detail,
                    Value = JsonNode.Parse(p.ToJson().Span),
                }, StringComparer.Ordinal),
            };
        }
    }
}
