using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Demo;

namespace CartRecovery.Host.Commands;

/// <summary><c>demo</c>: the engine as it is shipped, and a real shop's night streamed through it.</summary>
static class DemoCommand
{
    const string Sample = "config/demo/rees46-2019-10-01.csv.gz";

    public static async Task<int> RunAsync(DemoOptions options)
    {
        if (options.Seconds is < 1 or > 3600)
        {
            Console.Error.WriteLine("error: --seconds must be from 1 to 3600");
            return ExitCode.BadUsage;
        }

        if (RunCommand.Prepare(options.Config, out var config, out var budget) is { } failed)
        {
            return failed;
        }

        // A shopper's night of its own each time: not what the engine at work keeps, nor what the demo before kept.
        config.Data = Directory.CreateTempSubdirectory("cartrecovery-demo-").FullName;

        // The engine's own log would come between the lines that the demo is for.
        config.Log.Level = LogThreshold.Warning;
        if ((options.Events ?? ConfigFile.Find(Sample)) is not { } path || !File.Exists(path))
        {
            Console.Error.WriteLine($"error: the events are not there ({options.Events ?? Sample}); name a file with --events");
            return ExitCode.Failed;
        }

        List<ShopEvent> log;
        try
        {
            log = ShopLog.Read(path);
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidDataException)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return ExitCode.Failed;
        }

        try
        {
            DemoShop.AddTo(config);
            return await RunCommand.ServeAsync(config, budget, host => PlayAsync(host, log, options), host => DemoShop.Open(host, log));
        }
        finally
        {
            Directory.Delete(config.Data, recursive: true);
        }
    }

    static async Task<int> PlayAsync(EngineHost host, List<ShopEvent> log, DemoOptions options)
    {
        var replay = new DemoReplay(host, log, TimeSpan.FromSeconds(options.Seconds));
        using var stop = new CancellationTokenSource();
        var stopped = host.WaitForShutdownAsync().ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);
        try
        {
            await replay.RunAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("\nStopped early; what was seen until then:");
        }

        replay.PrintSummary();
        if (!options.Keep)
        {
            Console.WriteLine("\nWith --keep the engine goes on running, and has a shop at /shop to leave a cart in.");
        }

        if (options.Keep && !stop.IsCancellationRequested)
        {
            Console.WriteLine($"""

                The engine keeps running; Ctrl-C stops it. Now leave a cart yourself:

                  {new Uri(host.Addresses[0], "/shop")}   a shop of the same products; what it recovers is counted on its page
                """);
            await stopped;
        }

        return ExitCode.Fine;
    }
}
