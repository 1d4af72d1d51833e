using System.Globalization;
using System.Net.Sockets;
using CartRecovery.Bench.Crowd;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Attack;

/// <summary>
/// The <c>attack</c> command: plays every attack against each binary, with honest traffic beside it, and prints a table of what the attacker
/// got and what the others noticed.
/// </summary>
static class AttackCommand
{
    const string Usage = "attack --binary FILE [--before FILE] [--only NAME]   The column 'reported' has what was first reported. --before: an older binary, for comparison";

    static readonly TimeSpan s_idle = TimeSpan.FromSeconds(3), s_during = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>attack</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        var attacks = AttackPlan.All.Where(attack => attack.Name == values.GetValueOrDefault("--only", attack.Name)).ToArray();
        if (!values.TryGetValue("--binary", out var binary) || attacks.Length == 0)
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}\nNAME is one of: {string.Join(", ", AttackPlan.All.Select(attack => attack.Name))}");
            return 2;
        }

        var binaries = values.TryGetValue("--before", out var before) ? new[] { ("before", before), ("now", binary) } : [("now", binary)];
        Console.WriteLine("| attack | reported | binary | the attacker got | a post: idle | during | 1 s after | a new stream: idle | during | 1 s after |\n|---|---|---|---|---|---|---|---|---|---|");
        try
        {
            foreach (var attack in attacks)
            {
                foreach (var (name, file) in binaries)
                {
                    Console.WriteLine(await RunAsync(attack, name, file));
                }
            }

            return 0;
        }
        catch (Exception failed) when (failed is LoadException or SocketException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }

    static async Task<string> RunAsync(AttackPlan attack, string name, string file)
    {
        using var engine = new EngineProcess(file, attack.Campaign, attack.Configuration);
        await engine.StartAsync();
        using var victim = new AttackedEngine(engine);
        using var probes = new Probes(engine);
        await attack.PrepareAsync(victim);
        var idle = await probes.RunAsync(s_idle);
        var probing = probes.RunAsync(s_during);
        var got = await attack.RunAsync(victim, probing);
        var during = await probing;
        await Task.Delay(TimeSpan.FromSeconds(1));
        var after = await probes.RunAsync(s_idle);
        got = string.Create(CultureInfo.InvariantCulture, $"{got}; engine at most {engine.PeakBytes / 1e6:N0} MB");
        return $"| {attack.Name} | {attack.Reported} | {name} | {got} | {string.Join(" | ", new[] { 1, 2 }.SelectMany(probe => new[] { idle[probe], during[probe], after[probe] }.Select(Cell)))} |";
    }

    static string Cell(ProbeResult probe) => string.Create(CultureInfo.InvariantCulture,
        $"{probe.Times.P50:N1} / {probe.Times.P99:N1} ms{(probe.Failed > 0 ? $", {probe.Failed} of {probe.Count} failed" : "")}");
}
