using System.Diagnostics.CodeAnalysis;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Host.Commands;
using CommandLine;
using CommandLine.Text;

namespace CartRecovery.Host;

/// <summary>The command line.</summary>
static class Program
{
    const int Columns = 100;

    const string Examples = """
          cartrecovery demo                        see it work first: it needs nothing
          cartrecovery check --config shop.yaml    find every mistake in a configuration
          cartrecovery run --config shop.yaml      run the engine
          cartrecovery replay --model new.onnx     try a model on the traffic that was
          cartrecovery run --help                  explain a verb
        """;

    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(RunOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(DemoOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(CheckOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(ModelsOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(DeadLettersOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(ReplayOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(ExportOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(OffPolicyOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(VersionOptions))]
    static async Task<int> Main(string[] args)
    {
        SocketThreads.RunSessions();
        using var parser = new Parser(s =>
        {
            s.AutoVersion = false;
            s.HelpWriter = null;
        });
        var result = parser.ParseArguments(args, typeof(RunOptions), typeof(DemoOptions), typeof(CheckOptions), typeof(ModelsOptions),
            typeof(DeadLettersOptions), typeof(ReplayOptions), typeof(ExportOptions), typeof(OffPolicyOptions),
            typeof(VersionOptions));
        return result is Parsed<object> { Value: var options }
            ? options switch
            {
                RunOptions run => await RunCommand.RunAsync(run),
                DemoOptions demo => await DemoCommand.RunAsync(demo),
                CheckOptions check => CheckCommand.Run(check),
                ModelsOptions models => ModelsCommand.Run(models),
                DeadLettersOptions letters => await DeadLettersCommand.RunAsync(letters),
                ReplayOptions replay => ReplayCommand.Run(replay),
                ExportOptions export => ExportCommand.Run(export),
                OffPolicyOptions offPolicy => OffPolicyCommand.Run(offPolicy),
                _ => VersionCommand.Run(),
            }
            : Explain((NotParsed<object>)result);
    }

    static int Explain(NotParsed<object> result)
    {
        var isHelp = result.Errors.IsHelp();
        var help = HelpText.AutoBuild(result, text =>
        {
            text.Heading = "cartrecovery: watches a shop's carts as they change, and steps in before they are lost";
            text.Copyright = "";
            text.AdditionalNewLineAfterOption = false;
            text.AddDashesToOption = true;
            text.AutoVersion = false;
            text.MaximumDisplayWidth = Columns;
            text.AddPostOptionsText($"""
                Examples:
                {(result.TypeInfo.Current == typeof(DeadLettersOptions) ? DeadLettersCommand.Examples : Examples)}

                Exit codes: 0 fine, 1 failed, 2 bad usage, 78 bad configuration.
                """);
            return HelpText.DefaultParsingErrorsHandler(result, text);
        }, e => e, verbsIndex: true);
        (isHelp ? Console.Out : Console.Error).WriteLine(help);
        return isHelp ? ExitCode.Fine : ExitCode.BadUsage;
    }
}

/// <summary>What the process says when it ends.</summary>
static class ExitCode
{
    public const int Fine = 0;
    public const int Failed = 1;
    public const int BadUsage = 2;
    public const int BadConfiguration = 78;
}
