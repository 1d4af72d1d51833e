using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Output;
using CartRecovery.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Sinks.Async;
using Serilog.Sinks.File;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace CartRecovery.Host.Logs;

/// <summary>
/// Keeps log lines in files of the data folder, a new one every day and after <see cref="FileBytes"/>, within an age and a size. Callers wait for no
/// disk: what a full queue cannot take is dropped and counted. Thread-safe.
/// </summary>
/// <param name="config">Whether, and how much, to keep.</param>
sealed class LogFiles(LogFilesConfig config) : ILoggerProvider, IAsyncLogEventSinkMonitor
{
    /// <summary>The beginning and the end of the files' names; the day and a number are between.</summary>
    public const string Prefix = "engine-", Suffix = ".ndjson";

    /// <summary>The size after which the next file begins.</summary>
    public const long FileBytes = 16 << 20;

    // Lines that wait for the disk, and lines that wait for the folder at the start.
    const int MaxQueued = 8192;
    const int MaxEarly = 1024;

    readonly Lock _gate = new();
    readonly List<string> _early = [];
    IAsyncLogEventSinkInspector? _queue;
    Serilog.Core.Logger? _output;
    bool _isClosed;

    /// <summary>Lines that wait to be written.</summary>
    public int Depth => _queue?.Count ?? 0;

    /// <summary>Lines that a full queue did not take.</summary>
    public long Dropped => _queue?.DroppedMessagesCount ?? 0;

    /// <summary>Begins to write, with the lines so far.</summary>
    /// <param name="folder">The folder, which the engine has locked.</param>
    /// <exception cref="IOException">It cannot be created.</exception>
    public void Begin(string folder)
    {
        if (!config.Enabled)
        {
            return;
        }

        FileModes.CreateFolder(folder);
        lock (_gate)
        {
            _output = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Async(
                to => to.File(
                    new LineFormatter(), Path.Combine(folder, Prefix + Suffix), fileSizeLimitBytes: FileBytes, rollingInterval: RollingInterval.Day, rollOnFileSizeLimit: true,
                    retainedFileCountLimit: (int)Math.Min(int.MaxValue, config.Size.Bytes / FileBytes), retainedFileTimeLimit: config.Age.Value, hooks: new OwnersFile()),
                MaxQueued, monitor: this).CreateLogger();
            foreach (var line in _early)
            {
                Write(line);
            }

            _early.Clear();
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => config.Enabled ? new Category(this, categoryName) : NullLogger.Instance;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _output?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => _queue = inspector;

    /// <inheritdoc/>
    public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
    {
    }

    void Add(string line)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            if (_output is not null)
            {
                Write(line);
            }
            else if (_early.Count < MaxEarly)
            {
                _early.Add(line);
            }
        }
    }

    void Write(string line) => _output!.Write(new LogEvent(
        DateTimeOffset.UnixEpoch, LogEventLevel.Information, exception: null, MessageTemplate.Empty, [new LogEventProperty(LineFormatter.Line, new ScalarValue(line))]));

    sealed class Category(LogFiles files, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            files.Add(JsonLogLine.Of(new LogEntry<TState>(logLevel, name, eventId, state, exception, formatter)));
    }

    sealed class OwnersFile : FileLifecycleHooks
    {
        public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
        {
            FileModes.TightenOne(path);
            return underlyingStream;
        }
    }

    // The lines are formatted already, on the threads that log them.
    sealed class LineFormatter : ITextFormatter
    {
        public const string Line = "Line";

        public void Format(LogEvent logEvent, TextWriter output)
        {
            output.Write((string?)((ScalarValue)logEvent.Properties[Line]).Value);
            output.Write('\n');
        }
    }
}
