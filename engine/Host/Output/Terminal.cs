using Spectre.Console;

namespace CartRecovery.Host.Output;

/// <summary>
/// Writes to standard output and standard error through Spectre.Console, never interactively. If output is redirected or <c>NO_COLOR</c> is
/// set, it is plain text without escape codes, frames or wrapping.
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

    /// <summary>Whether standard output is a terminal that can redraw lines.</summary>
    public static bool IsLive => !s_isPlainOut && Out.Profile.Capabilities.Ansi;

    /// <summary>Whether standard error is a terminal that can redraw lines.</summary>
    public static bool IsErrorLive => !s_isPlainError && Error.Profile.Capabilities.Ansi;

    /// <summary>
    /// Writes a table to standard output. The first row is the header; if all its cells are empty, the table has neither header nor frame.
    /// </summary>
    /// <param name="rows">The cells; control characters are escaped.</param>
    /// <param name="right">The indices of right-aligned columns.</param>
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

        // The last column is padded too; remove the trailing spaces.
        using var text = new StringWriter();
        Open(text, isPlain: true).Write(table);
        foreach (var line in text.ToString().TrimEnd().Split('\n'))
        {
            Console.WriteLine(line.TrimEnd());
        }
    }

    /// <summary>Writes a line to standard output in a colour, if colours are supported.</summary>
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
