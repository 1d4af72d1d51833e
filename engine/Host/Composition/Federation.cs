using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Auth.Oidc;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>The identity provider and the trusted issuers of a running engine. A reload replaces them. Thread-safe.</summary>
sealed partial class Federation : IDisposable
{
    readonly FederationHttp _http = new();
    readonly TimeProvider _time;
    readonly ILogger _log;

    /// <param name="config">A valid configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hash">Hashes a subject under a key of the control database.</param>
    /// <param name="log">Receives causes that clients must not see.</param>
    public Federation(CartRecoveryConfig config, TimeProvider time, Func<string, byte[]> hash, ILogger log)
    {
        (_time, _log) = (time, log);
        Tokens = new ForeignTokens(_http, time, hash) { OnProblem = LogNoKeys };
        Update(config);
    }

    /// <summary>The tokens of other issuers.</summary>
    public ForeignTokens Tokens { get; }

    /// <summary>The accounts that sign in at the provider alone.</summary>
    public LinkedAccounts Linked { get; } = new();

    /// <summary>The identity provider.</summary>
    public OidcService Oidc { get; } = new();

    /// <summary>Applies a configuration.</summary>
    public void Update(CartRecoveryConfig config)
    {
        Tokens.Update(FederationCompiler.IssuersOf(config));
        var options = FederationCompiler.OidcOf(config);
        Linked.Issuer = options is { KeepsPasswords: false } ? options.Issuer : null;
        Oidc.Provider = options is null ? null : new OidcProvider(options, _http, _time, LogNoProvider, Oidc.Provider);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    [LoggerMessage(EventName = "identity_provider_failed", Level = LogLevel.Warning,
        Message = "The identity provider of control.oidc cannot be used: {Problem}")]
    partial void LogNoProvider(string problem);

    [LoggerMessage(EventName = "issuer_keys_unavailable", Level = LogLevel.Warning,
        Message = "The keys of the issuer {Issuer} cannot be read; its tokens are rejected unless earlier keys are cached: {Problem}")]
    partial void LogNoKeys(string issuer, string problem);
}
