namespace CartRecovery.Engine.Configuration;

/// <summary>Log levels, numbered like <c>Microsoft.Extensions.Logging.LogLevel</c>.</summary>
public enum LogThreshold
{
    /// <summary>All details.</summary>
    Trace,

    /// <summary>Details for debugging the engine.</summary>
    Debug,

    /// <summary>Events of interest to an operator.</summary>
    Information,

    /// <summary>Unexpected conditions that were handled.</summary>
    Warning,

    /// <summary>Failures.</summary>
    Error,
}
