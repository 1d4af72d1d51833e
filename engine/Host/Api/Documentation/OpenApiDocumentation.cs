using System.Text.RegularExpressions;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Api.Storefront;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace CartRecovery.Host.Api.Documentation;

/// <summary>
/// Serves the OpenAPI document generated from the routes at <c>/openapi/v1.json</c>, and a viewer for it at <c>/docs</c>.
/// </summary>
static partial class OpenApiDocumentation
{
    const string DocumentName = "v1";

    // The page loads everything from this process. Its script creates styles, hence 'unsafe-inline' for those.
    const string Policy = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src 'self'";

    /// <summary>Adds the document's generator.</summary>
    public static void AddDocumentation(this IServiceCollection services)
    {
        services.AddOpenApi(DocumentName, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.ShouldInclude = route => route.HttpMethod != HttpMethods.Head;
            options.AddSchemaTransformer((schema, context, _) =>
            {
                if (context.JsonTypeInfo.Type == typeof(EventBody) && context.JsonPropertyInfo is null)
                {
                    EventSchema.Complete(schema);
                }

                return Task.CompletedTask;
            });
            options.AddOperationTransformer<OperationDetails>();
            options.AddDocumentTransformer<DocumentDetails>();
        });
        services.AddSingleton<OpenApiAsset>();
    }

    /// <summary>Serves the document and the page.</summary>
    public static void MapDocumentation(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/openapi/v1.json", (RequestDelegate)(context => context.RequestServices.GetRequiredService<OpenApiAsset>().ServeAsync(context)))
            .AllowAnonymous().ExcludeFromDescription();
        routes.MapScalarApiReference("/docs", options =>
            {
                options.Title = "CartRecovery HTTP API";
                options.OpenApiRoutePattern = "/openapi/{documentName}.json";
                options.DefaultFonts = false;
                options.Telemetry = false;
                // No links or requests to the viewer's vendor.
                options.HideClientButton = true;
                options.ShowDeveloperTools = DeveloperToolsVisibility.Never;
                options.Agent = new ScalarAgentOptions { Disabled = true };
                options.Mcp = new ScalarMcpOptions { Disabled = true };
            })
            .AllowAnonymous().ExcludeFromDescription()
            .AddEndpointFilter(async (context, next) =>
            {
                var page = await next(context);
                context.HttpContext.Response.Headers.ContentSecurityPolicy = PolicyOf(page);
                return page;
            });
    }

    // The page starts from an inline script, which differs by the options above.
    static string PolicyOf(object? page) => page is ContentHttpResult { ResponseContent: { } html }
        ? $"{Policy}{string.Concat(InlineScript().Matches(html).Select(script => $" '{SecurityHeaders.HashOf(script.Groups["text"].Value)}'"))}" : Policy;

    [GeneratedRegex("<script(?![^>]*\\ssrc=)[^>]*>(?<text>.*?)</script>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex InlineScript();

    /// <summary>The served document, generated once at the first request.</summary>
    sealed class OpenApiAsset([FromKeyedServices(DocumentName)] IOpenApiDocumentProvider documents)
    {
        readonly Lock _gate = new();
        Task<WebAsset>? _asset;

        public async Task ServeAsync(HttpContext context)
        {
            Task<WebAsset> asset;
            lock (_gate)
            {
                asset = _asset is { IsFaulted: false } made ? made : _asset = MakeAsync();
            }

            await (await asset).ServeAsync(context, headers => headers.CacheControl = "no-cache");
        }

        async Task<WebAsset> MakeAsync()
        {
            var document = await documents.GetOpenApiDocumentAsync(CancellationToken.None);
            return new WebAsset(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1), "application/json");
        }
    }
}
