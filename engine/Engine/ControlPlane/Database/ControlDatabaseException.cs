namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>Thrown if a statement or transaction of the control database fails, or the database cannot be opened.</summary>
/// <param name="code">A stable code in snake case.</param>
/// <param name="message">What is wrong, and what to do.</param>
/// <param name="inner">The cause.</param>
public sealed class ControlDatabaseException(string code, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The transaction conflicts with another one. Retry it.</summary>
    public const string Conflict = "control_conflict";

    /// <summary>A value violates a unique constraint.</summary>
    public const string Duplicate = "control_duplicate";

    /// <summary>The database does not answer, or no connection is free.</summary>
    public const string Unavailable = "control_unavailable";

    /// <summary>A statement failed.</summary>
    public const string Failed = "control_failed";

    /// <summary>A newer version of the program wrote the database.</summary>
    public const string Newer = "control_newer";

    /// <summary>The database was written with another master key.</summary>
    public const string WrongKey = "control_key";

    /// <summary>A stable code in snake case.</summary>
    public string Code { get; } = code;
}
