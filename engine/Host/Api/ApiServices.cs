using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Contracts;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Campaigns;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Api.Flags;
using CartRecovery.Host.Api.Health;
using CartRecovery.Host.Api.Models;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Predictions;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Segments;
using CartRecovery.Host.Api.Status;
using CartRecovery.Host.Api.Storefront;
using CartRecovery.Host.Api.Tracking;
using CartRecovery.Host.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api;

/// <summary>Registers the HTTP API's services and middleware.</summary>
static class ApiServices
{
    /// <summary>Adds the services.</summary>
    public static void AddApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options =>
        {
            // Interventions use the same JSON as sinks and streams.
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default.WithAddedModifier(NullElements.Refuse));
            options.SerializerOptions.Converters.Add(new BodyTimeConverter());
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddSingleton<MaskedIds>().AddSingleton<CartReader>().AddSingleton<Predictors>().AddSingleton<PredictionCache>().AddSingleton<LoadedModels>().AddSingleton<ModelAudit>().AddSingleton<LinkEvents>().AddSingleton<ServerEvents>().AddSingleton<HealthReport>().AddSingleton<StorefrontClient>().AddSingleton<TestSendLimits>()
            .AddSingleton<FlagEvaluations>().AddSingleton<SegmentSizes>().AddSingleton<StatusBoard>();
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddAccess();
        services.AddProblemResponses();
        services.AddBodyEncoding();
        services.AddDocumentation();
    }

    /// <summary>Adds the middleware, in the order in which requests pass it.</summary>
    public static void UseApi(this WebApplication app)
    {
        app.UseClientAddress();
        app.UseSecurityHeaders();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.Use(RejectConnectionAsync);
        app.UseRouting();
        app.UseAdminPort();
        app.UseCors();
        app.UseAuthentication();
        app.UseRateLimits();
        app.UseReportLimiter();
        app.UseAuthorization();
        app.UseRequestAudit();
        app.UseModelLimiter();
        app.Use(RequestQuery.CheckAsync);
        app.UseBodyEncoding();
    }

    // A socket over the address's limit is told why before it is closed.
    static Task RejectConnectionAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<RejectedConnection>() is not { } rejected)
        {
            return next(context);
        }

        context.Response.Headers.Connection = "close";
        return ConnectionLimiter.ProblemOf(rejected.Reason).ToResult().ExecuteAsync(context);
    }
}
