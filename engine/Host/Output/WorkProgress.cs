using System.Globalization;
using Spectre.Console;

namespace CartRecovery.Host.Output;

/// <summary>
/// Shows progress on standard error: a bar on a terminal after half a second, otherwise a plain line every 5 seconds.
/// </summary>
/// <param name="look">Returns the number of events handled, and the share of the work done (0–1).</param>
/// <param name="onTerminalAlone">Whether to omit the plain lines.</param>
/// <param name="unit">What is counted.</param>
sealed class WorkProgress(Func<(long Events, double Share)> look, bool onTerminalAlone = false, string unit = "events")
{
    static readonly TimeSpan s_untilShown = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan s_onTerminal = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan s_inLog = TimeSpan.FromSeconds(5);

    /// <summary>Runs work on its own thread, showing progress.</summary>
    public void Run(Action work) =>
        RunAsync(() => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).GetAwaiter().GetResult();

    /// <summary>Awaits work, showing progress.</summary>
    public async Task RunAsync(Func<Task> work)
    {
        var start = TimeProvider.System.GetTimestamp();
        var running = work();
        if (Terminal.IsErrorLive)
        {
            if (!await EndsWithinAsync(running, s_untilShown))
            {
                await ShowAsync(running);
            }
        }
        else if (!onTerminalAlone)
        {
            while (!await EndsWithinAsync(running, s_inLog))
            {
                // Nothing may have to be done, and something else may take long.
                if (look() is not (0, 0))
                {
                    Console.Error.WriteLine(Describe(TimeProvider.System.GetElapsedTime(start)));
                }
            }
        }

        await running;
    }

    async Task ShowAsync(Task running)
    {
        var progress = Terminal.Error.Progress().AutoClear(enabled: true).Columns(
            new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new RemainingTimeColumn());
        await progress.StartAsync(async context =>
        {
            var task = context.AddTask(unit, maxValue: 1);
            do
            {
                var (events, share) = look();
                task.Value = share;
                task.Description = string.Create(CultureInfo.InvariantCulture, $"{events:N0} {unit}");
            }
            while (!await EndsWithinAsync(running, s_onTerminal));
        });
    }

    string Describe(TimeSpan elapsed)
    {
        var (events, share) = look();
        var left = share < 0.001 ? "" : $", {Describe(elapsed, share)} left";
        return string.Create(CultureInfo.InvariantCulture, $"{share:P0}  {events:N0} {unit}, {events / Math.Max(elapsed.TotalSeconds, 0.001):N0} a second{left}");
    }

    static string Describe(TimeSpan elapsed, double share)
    {
        var left = elapsed * ((1 - share) / share);
        return left.TotalHours >= 1 ? $"{(int)left.TotalHours}h {left.Minutes}m" : left.TotalMinutes >= 1 ? $"{left.Minutes}m {left.Seconds}s" : $"{left.Seconds}s";
    }

    static async Task<bool> EndsWithinAsync(Task task, TimeSpan time) => await Task.WhenAny(task, Task.Delay(time)) == task;
}
