namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>How well a service works.</summary>
public enum ServiceLevel
{
    /// <summary>It was not checked yet.</summary>
    Unknown,

    /// <summary>It works.</summary>
    Healthy,

    /// <summary>It works, but slowly, or its certificate expires soon.</summary>
    Degraded,

    /// <summary>It does not work.</summary>
    Unhealthy,
}
