using CommandLine;
using CommandLine.Text;

namespace CartRecovery.Host.Commands;

/// <summary>Formats the help of the program and of each command.</summary>
static class CommandHelp
{
    const int Columns = 100;

    const string Codes = "Exit codes: 0 success, 1 failure, 2 wrong usage, 78 wrong configuration.";

    const string Examples = """
          cartrecovery demo                        watch it work; needs nothing else
          cartrecovery init                        write a configuration with fresh keys
          cartrecovery check --config shop.yaml    find every mistake in a configuration
          cartrecovery run --config shop.yaml      run the engine
          cartrecovery help replay                 explain a command
        """;

    /// <summary>Lists the commands.</summary>
    public static string Overview()
    {
        var width = CommandTable.All.Max(command => command.Name.Length) + 3;
        var commands = CommandTable.All.Select(command => $"  {command.Name.PadRight(width)}{Wrap(command.Summary, width + 2)}");
        return $"""
            cartrecovery: predicts which carts a shop is about to lose, and intervenes in time

            Usage: cartrecovery COMMAND [options]

            Commands:
            {string.Join('\n', commands)}
              {"help".PadRight(width)}Explain a command: cartrecovery help COMMAND.

            Examples:
            {Examples}

            {Codes}
            """;
    }

    /// <summary>Explains a command: its options and examples.</summary>
    public static string Of(Command command, ParserResult<object> result)
    {
        var options = new HelpText
        {
            AdditionalNewLineAfterOption = false,
            AddDashesToOption = true,
            AutoHelp = true,
            AutoVersion = false,
            MaximumDisplayWidth = Columns,
        };
        options.AddOptions(result);
        return $"""
            {command.Summary}

            Usage: {command.Usage}

            {options.ToString().Trim('\n', '\r')}

            Examples:
            {command.Examples}

            {Codes}
            """;
    }

    // Continuation lines are indented to the summary's column.
    static string Wrap(string text, int indent)
    {
        var lines = new List<string> { "" };
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length + word.Length + 1 > Columns - indent)
            {
                lines.Add("");
            }

            lines[^1] += lines[^1].Length == 0 ? word : $" {word}";
        }

        return string.Join($"\n{new string(' ', indent)}", lines);
    }
}
