using System.Diagnostics;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>A server under test, in its own process, which Dispose ends.</summary>
abstract class Server : IDisposable
{
    /// <summary>The WebSocket stream's URL; the same port accepts plain TCP.</summary>
    public abstract string Url { get; }

    /// <summary>The metrics' URL, or <c>none</c>.</summary>
    public abstract string Metrics { get; }

    /// <summary>The CPU time used.</summary>
    public abstract TimeSpan Cpu { get; }

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="contender">The server.</param>
    /// <param name="scenario">The load to configure it for.</param>
    /// <param name="engine">The engine's executable.</param>
    /// <param name="stop">Cancels the wait.</param>
    public static async Task<Server> StartAsync(Contender contender, Scenario scenario, string engine, CancellationToken stop)
    {
        string[] config = contender == Contender.EngineInMemory ? [.. scenario.Config, "journal: { enabled: false }"] : scenario.Config;
        string[] sink = ["sink", "--per-message", $"{scenario.PerMessage}"];
        return contender switch
        {
            Contender.Sink => await BaselineServer.StartAsync(sink, stop),
            Contender.RawSink => await BaselineServer.StartAsync([.. sink, "--raw"], stop),
            Contender.Plain => await BaselineServer.StartAsync(["plain"], stop),
            Contender.PlainLazyAcks => await BaselineServer.StartAsync(["plain", "--lazy-acks"], stop),
            _ => await EngineServer.StartAsync(new EngineProcess(engine, config)),
        };
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>The engine's native binary.</summary>
sealed class EngineServer : Server
{
    readonly EngineProcess _process;

    EngineServer(EngineProcess process) => _process = process;

    public override string Url => _process.Url;

    public override string Metrics => _process.Metrics;

    public override TimeSpan Cpu => _process.Cpu;

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="process">A prepared process; disposed with the server, or if it does not start.</param>
    public static async Task<EngineServer> StartAsync(EngineProcess process)
    {
        try
        {
            await process.StartAsync();
            return new EngineServer(process);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public override void Dispose() => _process.Dispose();
}

/// <summary>A command of this program.</summary>
sealed class BaselineServer : Server
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    readonly Process _process;

    BaselineServer(Process process, string url) => (_process, Url) = (process, url);

    public override string Url { get; }

    public override string Metrics => "none";

    public override TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts it and waits until it prints its address.</summary>
    /// <param name="args">The command and its options, without the port.</param>
    /// <param name="stop">Cancels the wait.</param>
    public static async Task<BaselineServer> StartAsync(string[] args, CancellationToken stop)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "CartRecovery.Bench"), [.. args, "--port", "0"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,

            // The defaults of a web application; the bench, like the engine, changes both.
            Environment = { ["DOTNET_gcServer"] = "1", ["DOTNET_gcConcurrent"] = "1" },
        };
        var process = Process.Start(start)!;
        try
        {
            var url = await process.StandardOutput.ReadLineAsync(stop).AsTask().WaitAsync(s_patience, stop);
            return new BaselineServer(process, url ?? throw new LoadException($"'{string.Join(' ', args)}' did not start"));
        }
        catch (Exception failed)
        {
            process.Kill();
            process.Dispose();
            throw failed is TimeoutException ? new LoadException($"'{string.Join(' ', args)}' did not start in time") : failed;
        }
    }

    public override void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
