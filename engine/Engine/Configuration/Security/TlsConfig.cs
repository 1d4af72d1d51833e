using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Engine.Configuration.Security;

/// <summary>The certificate of a port.</summary>
public sealed class TlsConfig
{
    [JsonRequired]
    [ConfigKey("The certificate and its chain: a PEM file, relative to the folder of the configuration file.", Reloads = true, Example = "tls/shop.pem")]
    public string Certificate { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The certificate's private key: a PEM file, relative to the folder of the configuration file; or { command: [ … ] } that prints it.", IsSecret = true, Reloads = true, Example = "tls/shop.key")]
    public string Key { get; set; } = "";

    [ConfigKey("The certificates of clients (mutual TLS). Default: none are asked for.")]
    public ClientCertificatesConfig? Clients { get; set; }

    /// <summary>The certificate's full path.</summary>
    public string CertificatePath(string folder) => Path.GetFullPath(Certificate, folder);

    /// <summary>The key's full path; <see langword="null"/> if a command printed the key itself.</summary>
    public string? KeyPath(string folder) => Key.StartsWith("-----BEGIN", StringComparison.Ordinal) ? null : Path.GetFullPath(Key, folder);

    /// <summary>Reads the certificate with its key.</summary>
    /// <param name="folder">The folder of the configuration file.</param>
    /// <exception cref="CryptographicException">They are no certificate and key, or do not match.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public X509Certificate2 Load(string folder) => KeyPath(folder) is { } key
        ? X509Certificate2.CreateFromPemFile(RegularFile.Check(CertificatePath(folder)), RegularFile.Check(key))
        : X509Certificate2.CreateFromPem(File.ReadAllText(RegularFile.Check(CertificatePath(folder))), Key);

    /// <summary>Reads the other certificates of the file: those that issued the first one.</summary>
    /// <param name="folder">The folder of the configuration file.</param>
    /// <exception cref="CryptographicException">One is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public X509Certificate2Collection LoadChain(string folder)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(RegularFile.Check(CertificatePath(folder)));
        chain.RemoveAt(0);
        return chain;
    }
}
