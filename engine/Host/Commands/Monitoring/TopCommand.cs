using System.Globalization;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Monitoring;

/// <summary>Implements <c>top</c>: shows the metrics of a running engine, again and again.</summary>
static class TopCommand
{
    const string EnterScreen = "\e[?1049h\e[?25l", LeaveScreen = "\e[?25h\e[?1049l", Home = "\e[H", ClearToEndOfLine = "\e[K", ClearToEnd = "\e[J";

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(TopOptions options)
    {
        if (options.Interval is not (>= 0.1 and <= 60))
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"error: --interval: expected 0.1 to 60 seconds, got {options.Interval}"));
            return ExitCode.BadUsage;
        }

        if (ConfigFile.Load(ConfigFile.Locate(options.Config)) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        using var stop = new CancellationTokenSource();
        ConsoleCancelEventHandler onCancel = (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        Console.CancelKeyPress += onCancel;
        try
        {
            using var http = EngineClient.ForOperator(config, s_patience);
            return await RunAsync(options, http, Console.Out, Terminal.IsLive && !options.Once, TimeProvider.System, stop.Token);
        }
        catch (HttpRequestException e) when (e.StatusCode is null)
        {
            Console.Error.WriteLine($"error: no engine answers at {EngineClient.OperatorAddressOf(config)} ({e.Message}); start it with: "
                + $"cartrecovery run{(options.Config is null ? "" : $" --config {options.Config}")}");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            return CommandErrors.Print(e);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C ends it well; a request that took too long does not.
            return stop.IsCancellationRequested ? ExitCode.Success : CommandErrors.Print(new IOException("the engine did not answer in time"));
        }
        finally
        {
            Console.CancelKeyPress -= onCancel;
        }
    }

    /// <summary>Shows frames until it is cancelled, or one.</summary>
    /// <param name="options">The options, whose usage is right.</param>
    /// <param name="http">The engine's operator port.</param>
    /// <param name="output">Receives the frames.</param>
    /// <param name="isLive">Whether the output is a terminal, where a frame replaces the former one and a lost engine is waited for.</param>
    /// <param name="time">Waits and measures.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="HttpRequestException">The engine refuses, or does not answer.</exception>
    internal static async Task<int> RunAsync(
        TopOptions options, HttpClient http, TextWriter output, bool isLive, TimeProvider time, CancellationToken cancellation)
    {
        var interval = TimeSpan.FromSeconds(options.Interval);
        var (former, formerAt) = (await ReadAsync(http, cancellation), time.GetTimestamp());
        await output.WriteAsync(isLive ? EnterScreen : "");
        try
        {
            do
            {
                await Task.Delay(interval, time, cancellation);
                try
                {
                    var (current, at) = (await ReadAsync(http, cancellation), time.GetTimestamp());
                    var frame = new TopFrame(former, current, time.GetElapsedTime(formerAt, at), time.GetUtcNow());
                    (former, formerAt) = (current, at);
                    await output.WriteAsync(isLive ? OnScreen(frame.Lines(), Console.WindowWidth, Console.WindowHeight) : string.Join('\n', frame.Lines()) + "\n\n");
                }
                catch (HttpRequestException e) when (isLive)
                {
                    // Restarting: the former frame stays.
                    await output.WriteAsync($"{Home}{TerminalText.Cut($"no answer from {http.BaseAddress}: {e.Message}", 120)}{ClearToEndOfLine}");
                }

                await output.FlushAsync(cancellation);
            }
            while (!options.Once);
        }
        finally
        {
            await output.WriteAsync(isLive ? LeaveScreen : "");
        }

        return ExitCode.Success;
    }

    static async Task<MetricSnapshot> ReadAsync(HttpClient http, CancellationToken cancellation)
    {
        using var response = await http.GetAsync("/metrics", cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{http.BaseAddress}metrics answers {(int)response.StatusCode}. With listen.metricsKey, put the key into the "
                + $"environment variable {EngineClient.MetricsKeyVariable}", inner: null, response.StatusCode);
        }

        return MetricSnapshot.Parse(await response.Content.ReadAsStringAsync(cancellation));
    }

    /// <summary>Returns what draws a frame over the former one, cut to the window, so that the terminal neither wraps nor scrolls.</summary>
    internal static string OnScreen(IReadOnlyList<string> lines, int windowWidth, int windowHeight)
    {
        var (width, height) = (Math.Max(20, windowWidth), Math.Max(5, windowHeight));
        var shown = lines.Take(height - 1).Select(line => (line.Length <= width ? line : line[..width]) + ClearToEndOfLine);
        return $"{Home}{string.Join("\r\n", shown)}{ClearToEnd}";
    }
}
