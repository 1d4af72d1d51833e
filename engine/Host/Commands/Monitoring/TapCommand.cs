using System.Globalization;
using System.Text.Json;
using CartRecovery.Host.Commands.Maintenance;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Monitoring;

/// <summary>Implements <c>tap</c>: prints what happens in a running engine, by asking it again and again.</summary>
static class TapCommand
{
    const int MaxLine = 400;

    // Interval between requests.
    static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(TapOptions options)
    {
        if (ProblemOf(options) is { } problem)
        {
            Console.Error.WriteLine($"error: {problem}");
            return ExitCode.BadUsage;
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
            return await StoreClient.UseAsync(options, client =>
                RunAsync(options, client, Console.Out, Console.Error, TimeProvider.System, stop.Token));
        }
        finally
        {
            Console.CancelKeyPress -= onCancel;
        }
    }

    /// <summary>Returns what is wrong with the options; <see langword="null"/> if nothing is.</summary>
    internal static string? ProblemOf(TapOptions options) =>
        options.What is not ("events" or "decisions" or "deliveries")
            ? $"unknown stream '{options.What}'; expected events, decisions or deliveries"
        : options.What == "events" && options.Campaign is not null ? "--campaign selects decisions and deliveries; events have --type"
        : options.What != "events" && (options.Type is not null || options.Sample is not 1)
            ? "--type and --sample select events; decisions and deliveries have --campaign"
        : options.Sample is not (> 0 and <= 1)
            ? string.Create(CultureInfo.InvariantCulture, $"--sample: expected a number above 0, at most 1, got {options.Sample}")
        : options.Limit < 0 ? string.Create(CultureInfo.InvariantCulture, $"--limit: expected 1 or more, got {options.Limit}") : null;

    /// <summary>Prints rows until there were enough, or it is cancelled.</summary>
    /// <param name="options">The options, whose usage is right.</param>
    /// <param name="client">The engine.</param>
    /// <param name="output">Receives the rows.</param>
    /// <param name="notes">Receives notes about rows that were skipped.</param>
    /// <param name="time">Waits between requests.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="started">Called when it has seen the present: what happens from then on is printed.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="HttpRequestException">The engine refuses, or does not answer.</exception>
    internal static async Task<int> RunAsync(
        TapOptions options, StoreClient client, TextWriter output, TextWriter notes, TimeProvider time, CancellationToken cancellation, Action? started = null)
    {
        ITapSource source = options.What == "events" ? new EventTap(client, options, notes) : new MessageTap(client, options);
        var printed = 0;
        try
        {
            await source.ReadAsync();
            started?.Invoke();
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var row in await source.ReadAsync())
                {
                    await output.WriteLineAsync(options.Json ? row.GetRawText().ReplaceLineEndings(" ") : TextOf(row));
                    if (++printed == options.Limit)
                    {
                        return ExitCode.Success;
                    }
                }

                await output.FlushAsync(cancellation);
                await Task.Delay(s_interval, time, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }

    // Names and values on one line, without what is null.
    static string TextOf(JsonElement row)
    {
        var fields = row.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null)
            .Select(field => $"{field.Name}={(field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString() : field.Value.GetRawText())}");
        return TerminalText.Cut(string.Join("  ", fields).ReplaceLineEndings(" "), MaxLine);
    }
}
