namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>Thrown if the control database cannot be used.</summary>
/// <param name="code">A stable code in snake case.</param>
/// <param name="message">What is wrong, and what to do.</param>
/// <param name="inner">The cause.</param>
public sealed class ControlDatabaseException(string code, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Another transaction was in the way; repeating helps.</summary>
    public const string Conflict = "control_conflict";

    /// <summary>A value is there already that may be there once.</summary>
    public const string Duplicate = "control_duplicate";

    /// <summary>The database does not answer, or has no connection free.</summary>
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
