namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>How a service is checked.</summary>
public enum ServiceKind
{
    /// <summary>A GET request is answered with the expected status.</summary>
    Http,

    /// <summary>A connection is accepted.</summary>
    Tcp,

    /// <summary>The certificate is valid, for a while yet.</summary>
    Tls,

    /// <summary>The name has an address.</summary>
    Dns,
}
