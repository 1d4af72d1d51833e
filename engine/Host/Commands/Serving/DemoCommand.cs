using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Host.Commands.Setup;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Demo;
using CartRecovery.Host.Jobs;

namespace CartRecovery.Host.Commands.Serving;

/// <summary><c>demo</c>: streams a real shop's night through the engine in its default configuration.</summary>
static class DemoCommand
{
    const string Sample = "config/demo/rees46-2019-10-01.csv.gz";

    public static async Task<int> RunAsync(DemoOptions options)
    {
        if (options.Seconds is < 1 or > 3600)
        {
            Console.Error.WriteLine("error: --seconds: expected 1 to 3600");
            return ExitCode.BadUsage;
        }

        if (options.Port is < 0 or > ushort.MaxValue || options.StreamPort is < 0 or > ushort.MaxValue)
        {
            Console.Error.WriteLine($"error: --port and --stream-port: expected 0 to {ushort.MaxValue}");
            return ExitCode.BadUsage;
        }

        // Printed first, because loading takes a moment.
        Console.WriteLine($"CartRecovery {BuildVersion.Number} demo: starting the engine to stream a shop's night through it in {options.Seconds} seconds ...");
        if (RunCommand.Prepare(options.Config, out var config, out var budget) is { } failed)
        {
            return failed;
        }

        SetPorts(config.Listen, options);
        ShowAll(config);

        // A fresh data folder, separate from the engine's and from earlier demos'.
        config.Data = Directory.CreateTempSubdirectory("cartrecovery-demo-").FullName;

        // The engine's log would mix with the demo's lines.
        config.Log.Level = LogThreshold.Warning;
        if ((options.Events ?? ConfigFile.Find(Sample)) is not { } path || !File.Exists(path))
        {
            Console.Error.WriteLine($"error: no events at {options.Events ?? Sample}; name a file with --events");
            return ExitCode.Failed;
        }

        List<ShopEvent> log;
        try
        {
            log = ShopLog.Read(path);
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidDataException)
        {
            return CommandErrors.Print(e);
        }

        if (log.Count == 0)
        {
            Console.Error.WriteLine($"error: {path} has no events");
            return ExitCode.Failed;
        }

        try
        {
            RenewKeys(config);
            DemoShop.AddTo(config);
            PauseJobs(config);
            var other = config.Listen.Http.Port is > 0 and < 60_000 and var port ? port + 1010 : 9090;
            var time = new DemoTime(log);
            return await RunCommand.ServeAsync(config, budget, host => PlayAsync(host, log, time, options),
                $"use another: cartrecovery demo --port {other} (0 takes free ports)", host =>
                {
                    host.Partitions.ClockMonitor.IsSimulated = true;
                    DemoShop.Open(host, log);
                }, time);
        }
        finally
        {
            Directory.Delete(config.Data, recursive: true);
        }
    }

    // The night passes in seconds: a job due in it would be late at once.
    static void PauseJobs(CartRecoveryConfig config)
    {
        foreach (var job in BuiltInJobs.All)
        {
            (config.Jobs.TryGetValue(job.Name, out var own) ? own : config.Jobs[job.Name] = new JobConfig()).Paused = true;
        }
    }

    static async Task<int> PlayAsync(EngineHost host, List<ShopEvent> log, DemoTime time, DemoOptions options)
    {
        RunCommand.PrintSummary(host);
        Console.WriteLine($"""

            {log.Count:N0} events of a real shop's night (REES46, open data), a frame each, over the stream port. The clock is the shop's;
            quiet hours go by faster. What the engine answers, and what was ordered after it:

            """);
        using var replay = new DemoReplay(host, log, time, TimeSpan.FromSeconds(options.Seconds));
        using var stop = new CancellationTokenSource();
        var stopped = host.WaitForShutdownAsync().ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);
        try
        {
            await replay.RunAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("\nStopped early. Until then:");
        }

        await DemoSummary.PrintAsync(host, replay);
        if (!options.Keep)
        {
            Console.WriteLine("\nNext: run cartrecovery demo --keep and abandon a cart in the shop at /shop, or cartrecovery init for your own shop.");
        }

        if (options.Keep && !stop.IsCancellationRequested)
        {
            Console.WriteLine($"""

                The engine keeps running; Ctrl-C stops it. Now leave a cart yourself:

                  {new Uri(host.Addresses[0], "/shop")}   a shop of the same products; its page counts what followed its offers

                Read what the engine knows of its two stores, with their secret keys (made for this run, valid on this machine alone):

                  curl -H "X-Api-Key: {SecretOf(host, host.Config.Stores[0].Id)}" {new Uri(host.Addresses[0], "/v1/analytics/revenue")}   {host.Config.Stores[0].Id}: the night
                  curl -H "X-Api-Key: {SecretOf(host, DemoShop.StoreId)}" {new Uri(host.Addresses[0], "/v1/analytics/revenue")}   {DemoShop.StoreId}: the shop
                """);
            await stopped;
        }

        return ExitCode.Success;
    }

    static string SecretOf(EngineHost host, string store) =>
        host.Config.Stores.First(s => s.Id == store).Keys.First(key => key.Kind == KeyKind.Secret).Key;

    // The shipped keys are known to everybody, a page that the visitor has open among them.
    static void RenewKeys(CartRecoveryConfig config)
    {
        foreach (var key in config.Stores.SelectMany(store => store.Keys))
        {
            var known = key.Key;
            key.Key = KeysCommand.New(key.Kind);
            config.Listen.TcpKey = config.Listen.TcpKey == known ? key.Key : config.Listen.TcpKey;
        }
    }

    static void SetPorts(ListenConfig listen, DemoOptions options)
    {
        if (options.Port is { } http)
        {
            listen.Http = listen.Http with { Port = http };
            listen.Stream = listen.Stream with { Port = http is 0 or ushort.MaxValue ? 0 : http + 1 };
        }

        if (options.StreamPort is { } stream)
        {
            listen.Stream = listen.Stream with { Port = stream };
        }
    }

    // The demo itself prints what shoppers see, so campaigns of the console sink use the socket instead.
    static void ShowAll(CartRecoveryConfig config)
    {
        foreach (var campaign in config.Decisions.Campaigns)
        {
            campaign.Channel = campaign.Channel is { } channel ? OnScreen(config, channel) : null;
            foreach (var step in campaign.Steps.Concat(campaign.Variants.SelectMany(v => v.Steps)))
            {
                step.Channel = OnScreen(config, step.Channel);
            }
        }
    }

    static string OnScreen(CartRecoveryConfig config, string channel) =>
        config.Sinks.TryGetValue(channel, out var sink) && sink.Type == "console" ? Campaign.SocketChannel : channel;
}
