namespace CartRecovery.Engine.Privacy;

/// <summary>What happens to an erased person's orders.</summary>
public enum ErasureMode
{
    /// <summary>Everything is deleted.</summary>
    Delete,

    /// <summary>Amounts and days of orders and messages stay for reports, without identifiers.</summary>
    Anonymise,
}
