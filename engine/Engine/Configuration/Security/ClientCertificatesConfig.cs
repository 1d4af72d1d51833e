using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Security;

/// <summary>The certificates of clients (mutual TLS).</summary>
public sealed class ClientCertificatesConfig
{
    [JsonRequired]
    [ConfigKey("The authorities that sign clients' certificates: a PEM file, relative to the folder of the configuration file.", Reloads = true, Example = "tls/clients-ca.pem")]
    public string Ca { get; set; } = "";

    [ConfigKey("Whether a client without a certificate is refused. Otherwise it may send a key or a token, as without client certificates.")]
    public bool Required { get; set; }

    [ConfigKey("The certificates that an authority has revoked: a CRL, PEM or DER, relative to the folder of the configuration file. Default: none.", Reloads = true, Example = "tls/clients.crl")]
    public string? Crl { get; set; }

    [ConfigKey("Who a certificate stands for, by its SPIFFE id (spiffe://…) or, if it has none, its subject (CN=…).", Max = "1000", Reloads = true,
        Example = "{ \"spiffe://shop.example/sync\": { roles: operator@shop }, \"CN=shop-server\": { key: ${SHOP_KEY} } }")]
    public Dictionary<string, ClientIdentityConfig> Identities { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The authorities' full path.</summary>
    public string CaPath(string folder) => Path.GetFullPath(Ca, folder);

    /// <summary>The revocation list's full path; <see langword="null"/> for none.</summary>
    public string? CrlPath(string folder) => Crl is null ? null : Path.GetFullPath(Crl, folder);
}
