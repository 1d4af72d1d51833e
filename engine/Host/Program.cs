using CartRecovery.Host.Commands;
using CartRecovery.Host.Commands.Maintenance;
using CartRecovery.Primitives;
using CommandLine;

namespace CartRecovery.Host;

/// <summary>The command line.</summary>
static class Program
{
    static async Task<int> Main(string[] args)
    {
        try
        {
            return await DispatchAsync(args);
        }
        catch (IOException e)
        {
            // A file, or standard output itself: its disk may be full.
            Console.Error.WriteLine($"error: {e.Message}");
            return ExitCode.Failed;
        }
    }

    static async Task<int> DispatchAsync(string[] args) =>
        args switch
        {
            ["--version" or "-V"] => VersionCommand.Run(new VersionOptions()),
            ["--version" or "-V", var surplus, ..] => ReportUsage(command: null, $"Unexpected argument '{surplus}'."),
            ["--help" or "-h" or "-?" or "help"] => Print(CommandHelp.Overview()),
            ["help", var name, ..] => Explain(name),
            [] => ReportUsage(command: null, "No command given."),
            [var name, ..] when CommandTable.Find(name) is { } command => await RunAsync(command, args),
            [['-', ..] option, ..] => ReportUsage(command: null, UsageErrors.UnknownOption(command: null, option)),
            [var name, ..] => ReportUsage(command: null, UsageErrors.Unknown(name)),
        };

    static async Task<int> RunAsync(Command command, string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            return Explain(command.Name);
        }

        var result = Parse(args);
        if (result is NotParsed<object> { Errors: var errors })
        {
            return ReportUsage(command, [.. errors.Select(error => UsageErrors.Describe(command, error)).Distinct()]);
        }

        // Events, dead letters and keys are of no other user's business. A fitted model is: whoever runs the engine reads it.
        if (result.Value is not ModelsOptions { Action: ModelsCommand.Fit })
        {
            FileModes.SetPrivateMask();
        }

        return UsageErrors.Unexpected(command, args.Skip(1)) is { } unexpected
            ? ReportUsage(command, unexpected) : await command.RunAsync(result.Value);
    }

    static ParserResult<object> Parse(string[] args)
    {
        using var parser = new Parser(settings =>
        {
            settings.AutoVersion = false;
            settings.HelpWriter = null;
        });
        return parser.ParseArguments(args, [.. CommandTable.All.Select(c => c.Options)]);
    }

    static int Explain(string name) => CommandTable.Find(name) is { } command
        ? Print(CommandHelp.Of(command, Parse([name, "--help"])))
        : name == "help" ? Print(CommandHelp.Overview()) : ReportUsage(command: null, UsageErrors.Unknown(name));

    static int Print(string help)
    {
        Console.WriteLine(help);
        return ExitCode.Success;
    }

    static int ReportUsage(Command? command, params string[] problems)
    {
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        Console.Error.WriteLine($"Run 'cartrecovery help{(command is null ? "" : $" {command.Name}")}' for {(command is null ? "the list of commands" : "its options")}.");
        return ExitCode.BadUsage;
    }
}
