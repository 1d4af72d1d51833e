using CartRecovery.Engine.ControlPlane.Federation.Oidc;

namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>The identity provider in force. A reload replaces it.</summary>
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
