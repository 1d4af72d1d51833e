using System.Globalization;
using System.Text.RegularExpressions;

namespace CartRecovery.Bench.Load;

/// <summary>
/// The <c>restart</c> command: measures an engine's recovery after a kill, with a number of carts in its checkpoint and a number of events
/// in the journal after it.
/// </summary>
static partial class RestartCommand
{
    const string Usage = "restart --binary FILE [--carts 1000000] [--tail 5000000]";

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>restart</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!values.TryGetValue("--binary", out var binary)
            || !int.TryParse(values.GetValueOrDefault("--carts", "1000000"), CultureInfo.InvariantCulture, out var carts)
            || !int.TryParse(values.GetValueOrDefault("--tail", "5000000"), CultureInfo.InvariantCulture, out var tail))
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}");
            return 2;
        }

        try
        {
            // No checkpoint except the one at the stop.
            using var engine = new EngineProcess(binary, "checkpoints: { interval: 24h }");
            await engine.StartAsync();
            await EngineFill.RunAsync(engine, carts);
            await engine.StopAsync();
            var empty = await engine.StartAsync();
            Say(string.Create(CultureInfo.InvariantCulture, $"started from the checkpoint of {carts:N0} carts in {empty.TotalSeconds:F2} s"));
            var replayed = await EngineFill.RunAsync(engine, carts, tail);
            await engine.KillAsync();
            var took = await engine.StartAsync();
            foreach (Match match in Recovered().Matches(engine.Log))
            {
                Say(match.Groups["what"].Value);
            }

            Say(string.Create(CultureInfo.InvariantCulture, $"started after the kill, with {replayed:N0} events of tail, in {took.TotalSeconds:F2} s: "
                + $"{replayed / (took - empty).TotalSeconds:N0} events/s replayed over all partitions"));
            await engine.StopAsync();
            return 0;
        }
        catch (LoadException failed)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }

    static void Say(string line) => Console.WriteLine(line);

    [GeneratedRegex("\"Message\":\"(?<what>Partition \\d+ recovered[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Recovered();
}
