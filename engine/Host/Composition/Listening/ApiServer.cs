using System.Diagnostics;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Definitions;
using CartRecovery.Host.Api.Members;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Reconciliation;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Builds the web server: listeners, the engine's services and the HTTP API's routes.</summary>
static class ApiServer
{
    /// <summary>
    /// Builds the server without starting it. Its services are the engine's own instances; the server does not dispose of them.
    /// </summary>
    /// <param name="host">The engine.</param>
    /// <param name="loggers">The server's loggers.</param>
    /// <param name="otlp">The span exporter's options; <see langword="null"/> for no spans.</param>
    /// <param name="drain">Maximum time for open requests when the server stops.</param>
    public static WebApplication Build(EngineHost host, ILoggerFactory loggers, OtlpOptions? otlp, TimeSpan drain)
    {
        // Without this argument the framework watches every file below the content root for configuration changes.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Services.AddSingleton(loggers).AddSingleton<DistributedContextPropagator, TraceContext>();
        Listeners.Configure(builder, host.Config, host.Certificates, host.ConnectionLimiter, host.Ingest.Proxies, host.AccessRejections, host.Ingest.Threads,
            drain);
        builder.Services
            .AddSingleton(host.Time).AddSingleton(host.Control).AddSingleton(host.Users).AddSingleton(host.Federation.Tokens).AddSingleton(host.Federation.Oidc).AddSingleton(host.Federation.Linked).AddSingleton(host.Certificates).AddSingleton<OidcSignIns>().AddSingleton<AuditLog>().AddSingleton(host.Audit).AddSingleton(host.Privacy).AddSingleton<UserStore>().AddSingleton<Passwords>()
            .AddSingleton(host.Flags).AddSingleton<FlagStore>().AddSingleton(host.Exports).AddSingleton<ReconciliationStore>().AddSingleton<OrderRepair>().AddSingleton<Reconciler>()
            .AddSingleton<IDefinitions<SegmentDefinition>>(host.Segments).AddSingleton<IDefinitionControl>(host).AddSingleton<IModelControl>(host).AddSingleton<IServingControl>(host)
            .AddSingleton(ApiOf(host, SegmentDefinition.Kind, host.Segments, campaign => [campaign.Segment]))
            .AddSingleton(ApiOf(host, TemplateDefinition.Kind, host.Templates, campaign => campaign.TemplateNames))
            .AddSingleton(host.Settings).AddSingleton(host.Campaigns).AddSingleton(host.Backtests).AddSingleton(host.Insights).AddSingleton(host.DataQuality).AddSingleton(host.FeatureProfiles).AddSingleton(host.Datasets).AddSingleton(host.Drift).AddSingleton(host.Retraining).AddSingleton(host.Shadows).AddSingleton<ExperimentStore>().AddSingleton(host.Exposures).AddSingleton(host.Usage)
            .AddSingleton<ApiKeyStore>().AddSingleton<RoleStore>().AddSingleton<MemberMail>().AddSingleton<PasswordResets>()
            .AddSingleton(host.Jobs).AddSingleton(host.Jobs.Control).AddSingleton(host.Witness).AddSingleton(host.Logs).AddSingleton<Notices>().AddSingleton(host.Alerting)
            .AddSingleton<Sessions>().AddSingleton<Logins>().AddSingleton(host.Config).AddSingleton(host.Stores).AddSingleton(host.Metrics.Registry).AddSingleton(host.Monitor).AddSingleton(host.Health)
            .AddSingleton(host.Ingest).AddSingleton(new StreamListener(host.Ingest)).AddSingleton(host.Counters)
            .AddSingleton(host.Connections)
            .AddSingleton(host.ConnectionLimiter).AddSingleton(host.AccessRejections).AddSingleton(host.Ingest.Proxies)
            .AddSingleton(host.Partitions).AddSingleton(host.Sinks).AddSingleton(host.Journeys).AddSingleton(host.JourneyEngine).AddSingleton(host.Reports)
            .AddSingleton(host.DeadLetters).AddSingleton(host.DeadLetterQueue).AddSingleton(host.DeadLetterReplay)
            .AddSingleton<IJourneyOptionsProvider>(host).AddSingleton<ICampaignControl>(host.Pauses).AddSingleton<IEngineState>(host)
            .AddSingleton<IEngineTotals>(host.Metrics).AddSingleton<HttpMetrics>();
        builder.Services.AddApi();
        var app = builder.Build();
        app.Services.GetRequiredService<HttpMetrics>();
        RequestSpans.Use(app, otlp);
        app.UseApi();
        app.MapApi();
        return app;
    }

    static DefinitionApi<T> ApiOf<T>(EngineHost host, DefinitionKind<T> kind, DefinitionDirectory<T> directory, Func<CampaignConfig, IEnumerable<string?>> namesIn)
        where T : class => new(kind, new DefinitionStore<T>(host.Control, kind), directory, host, host, namesIn);
}
