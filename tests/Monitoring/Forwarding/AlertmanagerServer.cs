using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Forwarding;

/// <summary>A real Alertmanager that posts its notices to a local receiver.</summary>
sealed class AlertmanagerServer : IDisposable
{
    readonly Scratch _scratch = new();
    Process? _process;

    /// <summary>The address.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Starts a server and waits until its port is open.</summary>
    /// <param name="receiver">The address of the webhook.</param>
    /// <param name="web">The server's TLS and authentication, as <c>web.config.file</c> has them; null for neither.</param>
    public static async Task<AlertmanagerServer> StartAsync(string receiver, string? web = null)
    {
        var server = new AlertmanagerServer();
        try
        {
            await server.StartCoreAsync(receiver, web);
            return server;
        }
        catch (Win32Exception)
        {
            server.Dispose();
            Assert.That(Environment.GetEnvironmentVariable("CI"), Is.Null.Or.Empty, "Alertmanager is not installed: apt-get install prometheus-alertmanager");
            Assert.Inconclusive("Alertmanager is not installed: apt-get install prometheus-alertmanager");
            throw;
        }
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        _scratch.Dispose();
    }

    async Task StartCoreAsync(string receiver, string? web)
    {
        File.WriteAllText(_scratch.PathOf("alertmanager.yml"), $$"""
            route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
            receivers: [{name: hook, webhook_configs: [{url: "{{receiver}}"}]}]
            """);
        File.WriteAllText(_scratch.PathOf("web.yml"), web ?? "");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Url = $"{(web is null ? "http" : "https")}://localhost:{port}";
        _process = Process.Start(new ProcessStartInfo("prometheus-alertmanager",
        [
            $"--config.file={_scratch.PathOf("alertmanager.yml")}", $"--storage.path={_scratch.PathOf("data")}", $"--web.config.file={_scratch.PathOf("web.yml")}",
            $"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error",
        ])
        { UseShellExecute = false, RedirectStandardError = true })!;
        var errors = _process.StandardError.ReadToEndAsync();
        await Eventually.Is(() => _process.HasExited || IsOpen(port), "Alertmanager listens");
        Assert.That(_process.HasExited, Is.False, () => errors.Result);
    }

    static bool IsOpen(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
