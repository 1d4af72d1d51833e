namespace CartRecovery.Engine.Monitoring.Silences;

/// <summary>The state of a silence. The names are those of Alertmanager's API in lower case.</summary>
public enum SilenceState
{
    /// <summary>It has not begun, or is between two of its windows.</summary>
    Pending,

    /// <summary>It hides alerts.</summary>
    Active,

    /// <summary>It has ended.</summary>
    Expired,
}
