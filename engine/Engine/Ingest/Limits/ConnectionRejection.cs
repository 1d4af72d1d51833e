namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>The reason a connection is rejected, in the order of <see cref="ConnectionLimiter.Reasons"/>.</summary>
public enum ConnectionRejection
{
    /// <summary>The engine is at its limit.</summary>
    Full,

    /// <summary>The client's address is at its limit.</summary>
    Address,

    /// <summary>The store is at its limit.</summary>
    Store,

    /// <summary>The connection had not sent a valid key, and made room for another one.</summary>
    Unauthenticated,
}
