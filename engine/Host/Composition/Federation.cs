using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Federation;

namespace CartRecovery.Host.Composition;

/// <summary>Who else may vouch for callers. A reload replaces them.</summary>
sealed class Federation : IDisposable
{
    readonly FederationHttp _http = new();

    /// <param name="config">A valid configuration.</param>
    /// <param name="time">The clock.</param>
    public Federation(CartRecoveryConfig config, TimeProvider time)
    {
        Tokens = new ForeignTokens(_http, time);
        Update(config);
    }

    /// <summary>The tokens of other issuers.</summary>
    public ForeignTokens Tokens { get; }

    /// <summary>Takes over a configuration.</summary>
    public void Update(CartRecoveryConfig config) => Tokens.Update(FederationCompiler.IssuersOf(config));

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
