namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>The scope of a rate.</summary>
public enum RateScope
{
    /// <summary>The client's address.</summary>
    Address,

    /// <summary>Its key.</summary>
    Key,

    /// <summary>Its store.</summary>
    Store,
}
