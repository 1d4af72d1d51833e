using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>The web server: its ports, the services that routes take their parts of the engine from, and the HTTP API's routes.</summary>
static class ApiServer
{
    /// <summary>Builds the server; it does not listen yet. The services are the engine's own instances: the server does not dispose of them.</summary>
    /// <param name="host">The engine.</param>
    /// <param name="loggers">Where the server logs.</param>
    /// <param name="otlp">Where spans are sent; <see langword="null"/> for nowhere.</param>
    /// <param name="drain">How long requests may take when the server stops.</param>
    public static WebApplication Build(EngineHost host, ILoggerFactory loggers, OtlpOptions? otlp, TimeSpan drain)
    {
        // Without the argument the framework would watch every file below the working directory for its own configuration.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Services.AddSingleton(loggers);
        Listeners.Configure(builder, host.Config, host.Gate, drain);
        builder.Services
            .AddSingleton(host.Time).AddSingleton(host.Config).AddSingleton(host.Stores).AddSingleton(host.Model).AddSingleton(host.Metrics.Registry)
            .AddSingleton(host.Ingest).AddSingleton(new StreamListener(host.Ingest)).AddSingleton(host.Counters).AddSingleton(host.Connections)
            .AddSingleton(host.Gate).AddSingleton(host.Partitions).AddSingleton(host.Sinks).AddSingleton(host.Journeys).AddSingleton(host.Reports)
            .AddSingleton(host.DeadLetters).AddSingleton(host.DeadLetterQueue).AddSingleton(host.DeadLetterReplay)
            .AddSingleton<IJourneyOptionsProvider>(host).AddSingleton<IEngineState>(host).AddSingleton<IEngineTotals>(host.Metrics);
        builder.Services.AddApi();
        var app = builder.Build();
        RequestSpans.Use(app, otlp);
        app.UseApi();
        app.MapApi();
        return app;
    }
}
