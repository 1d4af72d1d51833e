namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>What happened to an alert. The numbers are stored.</summary>
public enum AlertChange
{
    /// <summary>It fired.</summary>
    Fired = 1,

    /// <summary>Somebody acknowledged it.</summary>
    Acknowledged = 2,

    /// <summary>Its rule, or its program, resolved it.</summary>
    Resolved = 3,

    /// <summary>Somebody resolved it.</summary>
    ResolvedByHand = 4,

    /// <summary>It fires again after its end was taken for granted.</summary>
    Reopened = 5,

    /// <summary>Nobody renewed it before its end.</summary>
    Expired = 6,
}
