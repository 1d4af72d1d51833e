namespace CartRecovery.Host.Backup;

/// <summary>Thrown if a backup cannot be made, read or restored.</summary>
/// <param name="code">A stable code in snake case.</param>
/// <param name="message">What is wrong, and what to do.</param>
sealed class BackupException(string code, string message) : IOException($"{code}: {message}")
{
    /// <summary>A stable code in snake case.</summary>
    public string Code { get; } = code;
}
