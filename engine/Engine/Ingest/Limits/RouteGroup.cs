namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>The groups of routes.</summary>
public enum RouteGroup
{
    /// <summary>Events and streams with a publishable key, or without a valid one.</summary>
    Browser,

    /// <summary>Events and streams with a secret key.</summary>
    Server,

    /// <summary>Everything else that needs a key.</summary>
    Api,

    /// <summary>What needs no key.</summary>
    Public,

    /// <summary>Probes and metrics.</summary>
    Operations,
}
