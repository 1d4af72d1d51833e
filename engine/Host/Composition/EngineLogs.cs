using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>Configures logging: JSON lines to standard error, and to an OTLP collector if one is configured.</summary>
static class EngineLogs
{
    public static void Configure(ILoggingBuilder logs, CartRecoveryConfig config, OtlpOptions? otlp)
    {
        logs.ClearProviders();
        logs.AddJsonConsole(o => o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ");
        logs.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        logs.Services.Configure<Microsoft.Extensions.Logging.Console.JsonConsoleFormatterOptions>(o => o.UseUtcTimestamp = true);
        if (otlp is not null)
        {
            OtlpExport.Prepare(logs, otlp);
        }

        logs.SetMinimumLevel((LogLevel)config.Log.Level);
        logs.AddFilter("Microsoft", LogLevel.Warning);
        // A failed start is reported in one line by the command, without the host's stack trace.
        logs.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logs.AddFilter("CartRecovery.Host.Api.Access", LogLevel.Warning);
        // Failed requests are answered with a problem; the server's own log lines add nothing.
        logs.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
    }
}
