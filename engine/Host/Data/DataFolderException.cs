namespace CartRecovery.Host.Data;

/// <summary>Thrown if the data folder cannot be used.</summary>
sealed class DataFolderException(string code, string message, int exitCode = ExitCode.Failed) : IOException(message)
{
    /// <summary>A stable code in snake case.</summary>
    public string Code { get; } = code;

    /// <summary>The exit code for the process.</summary>
    public int ExitCode { get; } = exitCode;
}
