namespace CartRecovery.Engine.Configuration.Control;

/// <summary>Whether another person must approve a campaign of the API.</summary>
public enum ApprovalRule
{
    /// <summary>Nobody need.</summary>
    None,

    /// <summary>Another person must.</summary>
    Required,
}
