using CartRecovery.Engine.Journal;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Commands;

/// <summary>Prints what ended a command, and returns its exit code.</summary>
static class CommandErrors
{
    /// <summary>Prints an error of the data folder.</summary>
    public static int Print(DataFolderException error) => Print(error.Code, error.Message, error.ExitCode);

    /// <summary>Prints an error of a journal.</summary>
    public static int Print(JournalException error) => Print(error.Code, error.Message, ExitCode.Failed);

    /// <summary>Prints a failure to read or write.</summary>
    public static int Print(Exception error)
    {
        Console.Error.WriteLine($"error: {error.Message}");
        return ExitCode.Failed;
    }

    static int Print(string code, string message, int exitCode)
    {
        Console.Error.WriteLine($"error: {code}: {message}");
        return exitCode;
    }
}
