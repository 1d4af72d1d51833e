using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using CartRecovery.Host.Api.Auth.Oidc;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>Who else may vouch for callers. A reload replaces them.</summary>
sealed partial class Federation : IDisposable
{
    readonly FederationHttp _http = new();
    readonly TimeProvider _time;
    readonly ILogger _log;

    /// <param name="config">A valid configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hash">Hashes a subject under a key of the control database.</param>
    /// <param name="log">Receives what clients are not told.</param>
    public Federation(CartRecoveryConfig config, TimeProvider time, Func<string, byte[]> hash, ILogger log)
    {
        (_time, _log) = (time, log);
        Tokens = new ForeignTokens(_http, time, hash) { OnProblem = LogNoKeys };
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
        Oidc.Provider = FederationCompiler.OidcOf(config) is { } options
            ? new OidcProvider(options, _http, _time) { OnProblem = LogNoProvider } : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    [LoggerMessage(EventName = "identity_provider_failed", Level = LogLevel.Warning,
        Message = "The identity provider of control.oidc does not answer as it should: {Problem}")]
    partial void LogNoProvider(string problem);

    [LoggerMessage(EventName = "issuer_keys_unavailable", Level = LogLevel.Warning,
        Message = "The keys of the issuer {Issuer} cannot be read; its tokens are refused unless earlier keys are at hand: {Problem}")]
    partial void LogNoKeys(string issuer, string problem);
}
