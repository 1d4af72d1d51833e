using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CartRecovery.Host.Api.Documentation;

/// <summary>
/// Adds the parts of the OpenAPI document outside its operations: description, tags, security schemes and the problem schema.
/// </summary>
sealed class DocumentDetails : IOpenApiDocumentTransformer
{
    /// <summary>The name of the problem schema.</summary>
    public const string ProblemSchema = "Problem";

    const string About = """
        Events in, interventions out. A store's **publishable** key sends events from browsers; its **secret** key may call every endpoint, for its own store.

        - Times in answers are RFC 3339 in UTC. `from` and `to` take RFC 3339, a date, milliseconds since 1970, or how long ago (`7d`).
        - Lists take `limit` and `cursor` and answer `{"items": […], "next": …}`; `next` is the following page's `cursor`, or null on the last page.
        - Errors are RFC 9457 problem details with a stable `code`.
        - An unknown query parameter, format, content type or encoding is rejected. Bodies may be compressed with gzip, deflate or br.
        - Every GET path except `/v1/stream` also answers HEAD.
        """;

    /// <summary>The ways to send a key.</summary>
    public static readonly IReadOnlyDictionary<string, OpenApiSecurityScheme> Schemes = new Dictionary<string, OpenApiSecurityScheme>(StringComparer.Ordinal)
    {
        ["apiKeyHeader"] = new() { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-Api-Key", Description = "A store's key." },
        ["bearer"] = new() { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A store's key as a bearer token." },
        ["apiKeyQuery"] = new()
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Query,
            Name = "key",
            Description = "A store's key, for clients that cannot set headers. URLs end up in logs, so prefer a header for a secret key.",
        },
    };

    /// <inheritdoc/>
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo { Title = "CartRecovery", Version = BuildVersion.Number, Description = About };
        document.Servers = [new OpenApiServer { Url = "/", Description = "The engine that serves this document." }];
        document.Tags = new HashSet<OpenApiTag>(ApiTags.All.Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Description }));
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = Schemes.ToDictionary(s => s.Key, s => (IOpenApiSecurityScheme)s.Value, StringComparer.Ordinal);
        (document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))[ProblemSchema] = Problem();
        foreach (var (name, component) in document.Components.Schemas)
        {
            if (component is not OpenApiSchema schema)
            {
                continue;
            }

            schema.Description = OnOneLine(name is "JsonNode" or "JsonElement" ? "Any JSON." : schema.Description);
            foreach (var property in schema.Properties?.Values ?? [])
            {
                property.Description = OnOneLine(property.Description);
            }
        }

        return Task.CompletedTask;
    }

    // Doc comments span several lines in the sources.
    static string? OnOneLine(string? text) => text is null ? null : string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Why a request was rejected (RFC 9457).",
        Required = new HashSet<string>(StringComparer.Ordinal) { "type", "title", "status", "detail", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Always about:blank; use `code` to tell problems apart." },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The status in words." },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
            ["problems"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema { Type = JsonSchemaType.String },
                Description = "Every problem with its place, where a request can have several.",
            },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What was wrong, where, and what to do." },
            ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A stable code for the rule that failed." },
        },
    };
}
