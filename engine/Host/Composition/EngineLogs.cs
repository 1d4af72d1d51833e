using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>Configures logging: JSON lines to standard error, and to an OTLP collector if one is configured.</summary>
static class EngineLogs
{
    public static void Configure(ILoggingBuilder logs, LogLevels levels, OtlpOptions? otlp)
    {
        logs.ClearProviders();
        logs.AddJsonConsole(o => o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ");
        logs.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        logs.Services.Configure<Microsoft.Extensions.Logging.Console.JsonConsoleFormatterOptions>(o => o.UseUtcTimestamp = true);
        if (otlp is not null)
        {
            OtlpExport.Prepare(logs, otlp);
        }

        logs.SetMinimumLevel(LogLevel.Trace);
        logs.AddFilter(levels.Includes);
        logs.AddFilter("Microsoft", level => level >= LogLevel.Warning && levels.Includes(level));
        // A failed start is reported in one line by the command, without the host's stack trace.
        logs.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logs.AddFilter("CartRecovery.Host.Api.Access", level => level >= LogLevel.Warning && levels.Includes(level));
        // Failed requests are answered with a problem; the server's own log lines add nothing.
        logs.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
    }
}
