using CartRecovery.Engine.ControlPlane.Federation.Oidc;

namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>Holds the identity provider in force. A reload replaces it. Thread-safe.</summary>
sealed class OidcService
{
    volatile OidcProvider? _provider;

    /// <summary>The provider; <see langword="null"/> if none is configured.</summary>
    public OidcProvider? Provider
    {
        get => _provider;
        set => _provider = value;
    }
}
