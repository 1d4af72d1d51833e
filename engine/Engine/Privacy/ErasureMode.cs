namespace CartRecovery.Engine.Privacy;

/// <summary>What becomes of a person's orders.</summary>
public enum ErasureMode
{
    /// <summary>Everything is deleted.</summary>
    Delete,

    /// <summary>Amounts and days of orders and messages stay for the reports, without anything that says whose they were.</summary>
    Anonymise,
}
