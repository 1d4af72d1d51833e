using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Logs;
using CartRecovery.Host.Output;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>Configures logging: lines of JSON or text to standard error, JSON to the data folder, and to an OTLP collector if one is configured.</summary>
static class EngineLogs
{
    /// <summary>Configures a logger factory.</summary>
    /// <param name="logs">The factory's builder.</param>
    /// <param name="levels">The minimum severity.</param>
    /// <param name="format">The format of lines; <see langword="null"/> for text on a terminal, else JSON.</param>
    /// <param name="otlp">The collector; <see langword="null"/> for none.</param>
    /// <param name="files">The files; the caller disposes them.</param>
    public static void Configure(ILoggingBuilder logs, LogLevels levels, LogFormat? format, OtlpOptions? otlp, LogFiles files)
    {
        logs.ClearProviders();
        var isText = format is LogFormat.Text || (format is null && !Console.IsErrorRedirected);
        logs.AddConsole(o =>
        {
            o.LogToStandardErrorThreshold = LogLevel.Trace;
            o.FormatterName = isText ? TextLogFormatter.FormatterName : JsonLogFormatter.FormatterName;
        });
        logs.Services.AddSingleton<ConsoleFormatter>(isText ? new TextLogFormatter(Terminal.IsErrorLive) : new JsonLogFormatter());
        logs.AddProvider(files);
        if (otlp is not null)
        {
            OtlpExport.Prepare(logs, otlp);
        }

        logs.SetMinimumLevel(LogLevel.Trace);
        logs.AddFilter(levels.Includes);
        logs.AddFilter("Microsoft", level => level >= LogLevel.Warning && levels.Includes(level));
        // The command reports a failed start in one line, without the host's stack trace.
        logs.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logs.AddFilter("CartRecovery.Host.Api.Access", level => level >= LogLevel.Warning && levels.Includes(level));
        // Failed requests get a problem response; the server's own log lines add nothing.
        logs.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
    }
}
