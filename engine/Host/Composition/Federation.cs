using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using CartRecovery.Host.Api.Auth.Oidc;

namespace CartRecovery.Host.Composition;

/// <summary>Who else may vouch for callers. A reload replaces them.</summary>
sealed class Federation : IDisposable
{
    readonly FederationHttp _http = new();
    readonly TimeProvider _time;

    /// <param name="config">A valid configuration.</param>
    /// <param name="time">The clock.</param>
    public Federation(CartRecoveryConfig config, TimeProvider time)
    {
        _time = time;
        Tokens = new ForeignTokens(_http, time);
        Update(config);
    }

    /// <summary>The tokens of other issuers.</summary>
    public ForeignTokens Tokens { get; }

    /// <summary>The identity provider.</summary>
    public OidcService Oidc { get; } = new();

    /// <summary>Takes over a configuration.</summary>
    public void Update(CartRecoveryConfig config)
    {
        Tokens.Update(FederationCompiler.IssuersOf(config));
        Oidc.Provider = FederationCompiler.OidcOf(config) is { } options ? new OidcProvider(options, _http, _time) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
