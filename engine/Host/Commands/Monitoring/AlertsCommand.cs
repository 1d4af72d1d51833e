using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Engine.Monitoring.RuleTests;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Monitoring;

/// <summary><c>alerts</c>: checks rule files and runs their tests.</summary>
static class AlertsCommand
{
    public static int Run(AlertsOptions options)
    {
        switch (options.Action)
        {
            case "check":
                return Worst(options.Files.Select(Check));
            case "test":
                return Worst(options.Files.Select(Test));
            default:
                Console.Error.WriteLine($"error: unknown action '{TerminalText.Clean(options.Action)}'; expected check or test");
                return ExitCode.BadUsage;
        }
    }

    // All files run, whichever fails.
    static int Worst(IEnumerable<int> codes) => codes.ToList().Max();

    static int Check(string path)
    {
        var file = RuleFileReader.Load(path);
        ConfigFile.Print(file.Problems);
        if (file.Problems.Count > 0)
        {
            return ExitCode.BadConfiguration;
        }

        var rules = file.Groups.SelectMany(group => group.Rules).ToList();
        Console.WriteLine($"{path}: {rules.OfType<AlertRule>().Count()} alert rules and {rules.OfType<RecordingRule>().Count()} recording rules in {file.Groups.Count} groups, no problems");
        return ExitCode.Success;
    }

    static int Test(string path)
    {
        var result = RuleTestRunner.Run(path);
        ConfigFile.Print(result.Problems);
        foreach (var failure in result.Failures)
        {
            Console.Error.WriteLine(TerminalText.Clean($"{path}: {failure.Test}:").TrimEnd());
            foreach (var line in failure.Message.Split('\n'))
            {
                Console.Error.WriteLine($"  {TerminalText.Clean(line)}");
            }
        }

        if (result.IsPassed)
        {
            Console.WriteLine($"{path}: {result.Tests} tests passed");
        }

        return result.Problems.Count > 0 ? ExitCode.BadConfiguration : result.IsPassed ? ExitCode.Success : ExitCode.Failed;
    }
}
