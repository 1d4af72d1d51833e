using Spectre.Console;

namespace CartRecovery.Host.Output;

/// <summary>
/// Standard output and standard error as Spectre.Console writes them. Nothing asks for input. Where output is redirected, or <c>NO_COLOR</c> is set, it is
/// plain text: no escape codes, no frames, no line broken to fit.
/// </summary>
static class Terminal
{
    const int NoWrapping = 32_000;

    static readonly bool s_isPlainOut = Console.IsOutputRedirected || IsColourless;
    static readonly bool s_isPlainError = Console.IsErrorRedirected || IsColourless;

    static bool IsColourless => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Standard output.</summary>
    public static IAnsiConsole Out { get; } = Open(Console.Out, s_isPlainOut);

    /// <summary>Standard error.</summary>
    public static IAnsiConsole Error { get; } = Open(Console.Error, s_isPlainError);

    /// <summary>Standard output is a terminal that can redraw lines.</summary>
    public static bool IsLive => !s_isPlainOut && Out.Profile.Capabilities.Ansi;

    /// <summary>Standard error is a terminal that can redraw lines.</summary>
    public static bool IsErrorLive => !s_isPlainError && Error.Profile.Capabilities.Ansi;

    /// <summary>Writes rows in columns to standard output, the first row as the heads; without them, without a frame.</summary>
    /// <param name="rows">The cells, as they are: control characters are made visible.</param>
    /// <param name="right">The columns whose cells stand to the right.</param>
    public static void WriteTable(IReadOnlyList<string[]> rows, params ReadOnlySpan<int> right)
    {
        var hasHeads = rows[0].Any(head => head.Length > 0);
        var table = new Table { Border = s_isPlainOut || !hasHeads ? TableBorder.None : TableBorder.Rounded, ShowHeaders = hasHeads };
        for (var i = 0; i < rows[0].Length; i++)
        {
            var column = new TableColumn(new Text(TerminalText.Clean(rows[0][i]), s_isPlainOut ? Style.Plain : new Style(decoration: Decoration.Bold)))
            {
                Alignment = right.Contains(i) ? Justify.Right : Justify.Left,
            };
            table.AddColumn(s_isPlainOut ? column.NoWrap().Padding(0, 0, 2, 0) : column);
        }

        foreach (var row in rows.Skip(1))
        {
            table.AddRow(row.Select(cell => new Text(TerminalText.Clean(cell))));
        }

        if (!s_isPlainOut)
        {
            Out.Write(table);
            return;
        }

        // The last column is padded too; a line that is cut from the output should have nothing at its end.
        using var text = new StringWriter();
        Open(text, isPlain: true).Write(table);
        foreach (var line in text.ToString().TrimEnd().Split('\n'))
        {
            Console.WriteLine(line.TrimEnd());
        }
    }

    /// <summary>Writes a line to standard output in a colour, if there are colours.</summary>
    public static void WriteLine(string text, Color colour) => Out.WriteLine(text, new Style(colour));

    static IAnsiConsole Open(TextWriter output, bool isPlain)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isPlain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = isPlain ? InteractionSupport.No : InteractionSupport.Detect,
            Out = new AnsiConsoleOutput(output),
        });
        if (isPlain)
        {
            console.Profile.Width = NoWrapping;
        }

        return console;
    }
}
