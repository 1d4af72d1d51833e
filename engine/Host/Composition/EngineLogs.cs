using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>How the engine logs: JSON, a line each, to standard error; and to a collector if one is configured.</summary>
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
        // A start that fails ends the process with one line that says why and what to do; the stack trace beside it is noise.
        logs.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logs.AddFilter("CartRecovery.Host.Api.Access", LogLevel.Warning);
        // Every failed request is answered with its problem; the server's own view of it is noise.
        logs.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
    }
}
