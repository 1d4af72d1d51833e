namespace CartRecovery.Engine.Monitoring.Incidents;

/// <summary>The state of an incident. The numbers are stored.</summary>
public enum IncidentState
{
    /// <summary>Nobody takes care of it yet.</summary>
    Open = 0,

    /// <summary>Somebody does.</summary>
    Investigating = 1,

    /// <summary>Its effect is over.</summary>
    Resolved = 2,

    /// <summary>It is understood. Nothing changes any more.</summary>
    Closed = 3,
}
