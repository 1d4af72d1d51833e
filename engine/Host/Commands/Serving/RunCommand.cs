using System.Net.Sockets;
using System.Security.Cryptography;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.Scoring;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Commands.Maintenance;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;
using CartRecovery.Host.Output;
using CartRecovery.Host.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting.Systemd;

namespace CartRecovery.Host.Commands.Serving;

/// <summary><c>run</c>.</summary>
static class RunCommand
{
    public static async Task<int> RunAsync(RunOptions options)
    {
        // Before anything that takes long: a signal without a handler ends the process.
        using var signal = new ReloadSignal();
        if (Prepare(options.Config, out var config, out var budget) is { } failed)
        {
            return failed;
        }

        if (options.DryRun)
        {
            return JournalFiles.Explain(_ => Describe(config));
        }

        var path = ConfigFile.Locate(options.Config);
        (config, var settings) = await SettingsAccess.ApplyAsync(path, config);
        budget = ConfigFile.BudgetOf(config);
        return await ServeAsync(config, budget, async host =>
        {
            PrintSummary(host, budget);
            host.Watch(path, ConfigFile.Reload);
            signal.Attach(host.RequestReload);
            var systemd = new SystemdNotifier();
            systemd.Notify(ServiceState.Ready);
            await host.WaitForShutdownAsync();
            systemd.Notify(ServiceState.Stopping);
            return ExitCode.Success;
        }, $"change 'listen' in {path}", settings: settings);
    }

    /// <summary>Loads the configuration and plans its memory.</summary>
    /// <returns>The exit code after a failure that was printed; otherwise null.</returns>
    public static int? Prepare(string? path, out CartRecoveryConfig config, out MemoryBudget budget)
    {
        budget = null!;
        if (ConfigFile.Load(ConfigFile.Locate(path), needsModel: true) is not { } loaded)
        {
            config = null!;
            return ExitCode.BadConfiguration;
        }

        config = loaded;
        if (ConfigFile.Plan(loaded) is not { } plan)
        {
            return ExitCode.BadConfiguration;
        }

        budget = plan;
        return null;
    }

    /// <summary>Starts the engine, runs an action and stops the engine.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="budget">Its memory plan.</param>
    /// <param name="use">The action on the running engine.</param>
    /// <param name="otherPort">The advice for a port in use, besides stopping the other program.</param>
    /// <param name="prepare">The action before the start.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="settings">What the configuration has of the settings API's changes; null for none.</param>
    public static async Task<int> ServeAsync(
        CartRecoveryConfig config, MemoryBudget budget, Func<EngineHost, Task<int>> use, string otherPort, Action<EngineHost>? prepare = null,
        TimeProvider? time = null, SettingsStart? settings = null)
    {
        EngineHost host;
        try
        {
            host = Create(config, budget, time ?? TimeProvider.System, settings);
        }
        catch (ModelException e)
        {
            Console.Error.WriteLine(ConfigFile.ProblemOf(config, e));
            return ExitCode.BadConfiguration;
        }
        catch (DataFolderException e)
        {
            return CommandErrors.Print(e);
        }
        catch (JournalException e)
        {
            return CommandErrors.Print(e);
        }

        await using (host)
        {
            prepare?.Invoke(host);
            try
            {
                var recovered = new RecoveryProgress[host.Partitions.Count];
                var progress = new WorkProgress(
                    () => (recovered.Sum(p => p.Events + p.Takeover.Done),
                        recovered.Sum(p => p.Bytes + p.Takeover.Done) / Math.Max(1.0, recovered.Sum(p => p.Total + p.Takeover.Total))),
                    onTerminalAlone: true);
                await progress.RunAsync(() => Task.Run(() => host.StartAsync((partition, p) => recovered[partition] = p)));
            }
            catch (DataFolderException e)
            {
                return CommandErrors.Print(e);
            }
            catch (JournalException e)
            {
                return CommandErrors.Print(e);
            }
            catch (Exception e) when (e is CryptographicException or FileNotFoundException or DirectoryNotFoundException)
            {
                Console.Error.WriteLine($"error: a TLS certificate or its key cannot be read: {e.Message}");
                return ExitCode.BadConfiguration;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Console.Error.WriteLine(CannotListen(config.Listen, e, otherPort));
                return ExitCode.Failed;
            }

            var code = await use(host);
            await host.StopAsync();
            return host.Fault is null ? code : ExitCode.Failed;
        }
    }

    static int Describe(CartRecoveryConfig config)
    {
        var path = Path.GetFullPath(config.Data);
        if (DataFolder.ReadFormat(path) is { HasKeyedIds: false } format)
        {
            FolderEstimate.Of(path, format).Print(format.Partitions);
        }
        else
        {
            Console.WriteLine($"{path} is of this version or empty: a start has nothing to take over.");
        }

        return ExitCode.Success;
    }

    // The data folder of an earlier version is taken over first, which may take minutes.
    static EngineHost Create(CartRecoveryConfig config, MemoryBudget budget, TimeProvider time, SettingsStart? settings)
    {
        EngineHost host = null!;
        var progress = new FolderProgress();
        progress.Run(() => host = new EngineHost(config, budget, time, progress.Report, settings));
        return host;
    }

    // Kestrel's message names the address, but not which of the two ports it is or what to do.
    static string CannotListen(ListenConfig listen, Exception e, string otherPort)
    {
        var isTaken = e.InnerException is AddressInUseException || e.GetBaseException() is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse };
        var port = new[] { listen.Http.Port, listen.Stream.Port, listen.Admin?.Port ?? 0 }.FirstOrDefault(p => e.Message.Contains($":{p}", StringComparison.Ordinal));
        return isTaken && port != 0
            ? $"error: port {port} is in use by another program: stop it, or {otherPort}"
            : $"error: cannot listen: {e.Message.TrimEnd('.')}: {otherPort}";
    }

    /// <summary>Prints addresses, model, campaigns and sinks.</summary>
    public static void PrintSummary(EngineHost host)
    {
        var addresses = host.Addresses;
        var hasAdmin = addresses.Count > 2;
        Console.WriteLine($"  http      {addresses[0]}  (API, {(hasAdmin ? "" : "/metrics, ")}/health)");
        Console.WriteLine($"  stream    {(host.Config.Listen.StreamTls is null ? "ws" : "wss")}://{addresses[1].Authority}/v1/stream, and JSON lines or MessagePack over TCP on the same port");
        if (hasAdmin)
        {
            Console.WriteLine($"  admin     {addresses[2]}  (/metrics, /health)");
        }

        Console.WriteLine($"  model     {host.Model.Id}: {host.Model.Features.Count} features, {host.Model.Evaluator}");
        Console.WriteLine($"  campaigns {string.Join(", ", host.Config.Decisions.Campaigns.Select(c => c.Name))}");
        Console.WriteLine($"  sinks     {string.Join(", ", host.Config.Sinks.Select(s => $"{s.Key} ({s.Value.Type})"))}");
    }

    static void PrintSummary(EngineHost host, MemoryBudget budget)
    {
        Console.WriteLine($"CartRecovery {BuildVersion.Number}");
        PrintSummary(host);
        Console.WriteLine($"  memory\n{string.Join('\n', budget.ToString().Split('\n').Select(l => $"  {l}"))}");
        Console.Out.Flush();
    }
}
