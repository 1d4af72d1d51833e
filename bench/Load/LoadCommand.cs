using System.Runtime.InteropServices;
using System.Text.Json;
using CommandLine;
using CommandLine.Text;

namespace CartRecovery.Bench.Load;

/// <summary>The <c>load</c> command.</summary>
static class LoadCommand
{
    const string About = """
        Sends real events to a running engine and reports what became of them.

        Start the engine in one terminal and the load in another:

          dotnet run -c Release --project engine/Host -- run
          dotnet run -c Release --project bench -- load --rate 50000 --duration 60s

        Events go out on a fixed schedule, whether or not the engine keeps up, and their latency is counted from when they were due
        (this is what "corrected for coordinated omission" means). Find the maximum rate with --rate 0, then the highest rate at which the
        latency is still good by raising --rate.

        Exit code: 0 when every event is accounted for (sent = received = processed + rejected + duplicates, and acknowledged),
        1 when not, 2 for wrong options. Ctrl-C stops early and reports what there was.

        Options:
        """;

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>load</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        using var parser = new Parser(settings => settings.HelpWriter = null);
        var parsed = parser.ParseArguments<LoadOptions>(args);
        if (parsed.Tag == ParserResultType.NotParsed)
        {
            return Explain(parsed);
        }

        var problems = parsed.Value.Problems().ToArray();
        if (problems.Length > 0)
        {
            foreach (var problem in problems)
            {
                await Console.Error.WriteLineAsync(problem);
            }

            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var colour = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
            if (parsed.Value.CompareJournal is not null)
            {
                parsed.Value.Rate = 0;
                return await JournalComparison.RunAsync(parsed.Value, Console.Out, stop.Token) ? 0 : 1;
            }

            var report = await LoadRun.RunAsync(parsed.Value, Console.Out, colour, stop.Token);
            if (parsed.Value.Json is { } path)
            {
                await File.WriteAllTextAsync(path, JsonSerializer.Serialize(report, LoadJson.Default.LoadReport));
            }

            return report.Passed ? 0 : 1;
        }
        catch (Exception failed) when (failed is LoadException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    static int Explain(ParserResult<LoadOptions> parsed)
    {
        var asked = parsed.Errors.Any(error => error is HelpRequestedError or VersionRequestedError);
        var help = new HelpText(About)
        {
            AdditionalNewLineAfterOption = false,
            AutoVersion = false,
            MaximumDisplayWidth = 140,
            AddDashesToOption = true,
        };
        if (!asked)
        {
            foreach (var line in HelpText.RenderParsingErrorsTextAsLines(parsed, SentenceBuilder.Create().FormatError,
                SentenceBuilder.Create().FormatMutuallyExclusiveSetErrors, 0))
            {
                Console.Error.WriteLine(line.Trim());
            }

            Console.Error.WriteLine("load --help lists the options.");
            return 2;
        }

        help.AddOptions(parsed);
        Console.Out.WriteLine(help);
        return 0;
    }
}
