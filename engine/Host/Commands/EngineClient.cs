using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Host.Commands;

/// <summary>Calls the running engine's HTTP API for a command, with a secret key of the configuration.</summary>
static class EngineClient
{
    // A store's secret key, where the configuration has only its hash.
    const string KeyVariable = "CARTRECOVERY_KEY";

    /// <summary>The environment variable with <c>listen.metricsKey</c>, where the configuration has only its hash.</summary>
    public const string MetricsKeyVariable = "CARTRECOVERY_METRICS_KEY";

    /// <summary>Creates a client for a store.</summary>
    /// <param name="config">The configuration of the engine, which runs on this machine.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="patience">How long an answer may take.</param>
    /// <exception cref="IOException">The configuration has no key.</exception>
    public static HttpClient For(CartRecoveryConfig config, string store, TimeSpan patience)
    {
        var client = new HttpClient(HandlerFor(config)) { BaseAddress = AddressOf(config), Timeout = patience };
        client.DefaultRequestHeaders.Add("X-Api-Key", KeyOf(config, store));
        return client;
    }

    /// <summary>Creates a client for what operators see, such as the metrics.</summary>
    /// <param name="config">The configuration of the engine, which runs on this machine.</param>
    /// <param name="patience">How long an answer may take.</param>
    public static HttpClient ForOperator(CartRecoveryConfig config, TimeSpan patience)
    {
        var client = new HttpClient(HandlerFor(config)) { BaseAddress = OperatorAddressOf(config), Timeout = patience };
        var key = config.Listen.MetricsKey is { } known && !KeyHash.IsHash(known) ? known : Environment.GetEnvironmentVariable(MetricsKeyVariable);
        if (config.Listen.MetricsKey is not null && key is { Length: > 0 })
        {
            client.DefaultRequestHeaders.Add("X-Api-Key", key);
        }

        return client;
    }

    /// <summary>Returns the address on this machine where the engine answers operators.</summary>
    public static Uri OperatorAddressOf(CartRecoveryConfig config) =>
        config.Listen.Admin is { } admin ? AddressOf(admin.ToIPEndPoint(), isEncrypted: false) : AddressOf(config);

    /// <summary>Returns the engine's address on this machine, whatever address it listens on.</summary>
    public static Uri AddressOf(CartRecoveryConfig config) => AddressOf(config.Listen.Http.ToIPEndPoint(), config.Listen.HttpTls is not null);

    static Uri AddressOf(IPEndPoint listen, bool isEncrypted)
    {
        var address = listen.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : listen.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : listen.Address;
        return new Uri($"{(isEncrypted ? "https" : "http")}://{new IPEndPoint(address, listen.Port)}");
    }

    // The key itself, which a hash does not give.
    static string KeyOf(CartRecoveryConfig config, string store)
    {
        var keys = config.Stores.Find(s => s.Id == store)?.Keys.FindAll(k => k.Kind == KeyKind.Secret) ?? [];
        return keys.Find(k => !KeyHash.IsHash(k.Key))?.Key
            ?? (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } given && keys.Exists(k => KeyHash.OfConfigured(k.Key) == KeyHash.OfConfigured(given)) ? given : null)
            ?? throw new IOException(keys.Count == 0
                ? $"store '{store}' has no secret key in the configuration; the command needs one"
                : $"the configuration has only hashes of the secret keys of store '{store}'; put one of the keys into the environment variable {KeyVariable}");
    }

    // The certificate is for the shop's name instead of this address, so it is compared with the configured one.
    static SocketsHttpHandler HandlerFor(CartRecoveryConfig config)
    {
        var handler = new SocketsHttpHandler();
        if (config.Listen.HttpTls is { } tls)
        {
            using var known = X509Certificate2.CreateFromPem(File.ReadAllText(Path.GetFullPath(tls.Certificate, config.Folder)));
            var hash = known.GetCertHashString();
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == hash,
            };
        }

        return handler;
    }
}
