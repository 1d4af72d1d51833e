using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

/// <summary>A real SMTP server in its own process: <c>mail-server.py</c>, which needs Debian's python3-aiosmtpd.</summary>
sealed class MailServer : IAsyncDisposable
{
    const string Certificate = "server.pem";

    readonly ConcurrentQueue<Mail> _mails = [];
    readonly ConcurrentQueue<string> _events = [];
    readonly Process _process;
    readonly string? _folder;

    MailServer(Process process, string? folder) => (_process, _folder) = (process, folder);

    /// <summary>A received message.</summary>
    public sealed record Mail(string Sender, string Recipient, bool Tls, string? User, string Text, long Session)
    {
        /// <summary>A header's value, unfolded; fails unless there is exactly one.</summary>
        public string Header(string name) => Headers(name).Single();

        public IReadOnlyList<string> Headers(string name) =>
        [
            .. Text[..Text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Replace("\r\n ", " ").Replace("\r\n\t", " ").Split("\r\n")
                .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim()),
        ];
    }

    public int Port { get; private set; }

    /// <summary>The file of the server's self-signed certificate.</summary>
    public string Authority => Path.Combine(_folder!, "certificate.pem");

    public IReadOnlyList<Mail> Mails => [.. _mails];

    public int Sessions => _events.Count(name => name == "session");

    /// <summary>Starts a server.</summary>
    /// <param name="tls">none, starttls or tls.</param>
    /// <param name="auth">Whether a login is required.</param>
    /// <param name="port">The port; a free one by default.</param>
    /// <param name="before">A server whose certificate is reused.</param>
    public static async Task<MailServer> StartAsync(string tls = "none", bool auth = false, int port = 0, MailServer? before = null)
    {
        var start = new ProcessStartInfo("/usr/bin/python3")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in new[] { Path.Combine(Repository.Root, "tests", "Plugins", "mail-server.py"), "--tls", tls, "--port", port.ToString() })
        {
            start.ArgumentList.Add(word);
        }

        if (auth)
        {
            start.ArgumentList.Add("--auth");
        }

        string? folder = null;
        if (tls != "none")
        {
            folder = before?._folder ?? Directory.CreateTempSubdirectory("cartrecovery-mail-").FullName;
            start.ArgumentList.Add("--certificate");
            start.ArgumentList.Add(before is null ? WriteCertificate(folder) : Path.Combine(folder, Certificate));
        }

        var server = new MailServer(Process.Start(start)!, folder);
        var complaints = server._process.StandardError.ReadToEndAsync();
        _ = server.ReadAsync();
        await Eventually.Is(() => server.Port != 0 || server._process.HasExited, "the mail server listens");
        if (server._process.HasExited && Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
        {
            Assert.Fail(await complaints);
        }

        Assume.That(server._process.HasExited, Is.False, "python3-aiosmtpd is not installed? " + (server.Port == 0 ? await complaints : ""));
        return server;
    }

    /// <summary>Kills the server.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(EngineBinary.Deadline);
        _process.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    static string WriteCertificate(string folder)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var file = Path.Combine(folder, Certificate);
        File.WriteAllText(Path.Combine(folder, "certificate.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return file;
    }

    async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var said = JsonDocument.Parse(line);
            var it = said.RootElement;
            switch (it.GetProperty("event").GetString())
            {
                case "ready":
                    Port = it.GetProperty("port").GetInt32();
                    break;
                case "message":
                    _mails.Enqueue(new Mail(
                        it.GetProperty("sender").GetString()!, it.GetProperty("recipients")[0].GetString()!, it.GetProperty("tls").GetBoolean(),
                        it.GetProperty("user").GetString(), Encoding.UTF8.GetString(it.GetProperty("data").GetBytesFromBase64()),
                        it.GetProperty("session").GetInt64()));
                    break;
                case var name:
                    _events.Enqueue(name!);
                    break;
            }
        }
    }
}
