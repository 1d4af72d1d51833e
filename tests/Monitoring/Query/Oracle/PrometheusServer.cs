using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Query.Oracle;

/// <summary>A real Prometheus over the given series.</summary>
sealed class PrometheusServer : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("cartrecovery-prometheus-").FullName;
    readonly HttpClient _client = new();
    Process? _process;

    /// <summary>Starts a server.</summary>
    /// <param name="series">The series that it has.</param>
    /// <param name="settings">Its configuration file; without one it scrapes nothing.</param>
    public static async Task<PrometheusServer> StartAsync(IEnumerable<Series> series, string settings = "global:\n  scrape_interval: 1m\n")
    {
        var server = new PrometheusServer();
        try
        {
            await server.StartCoreAsync(series, settings);
            return server;
        }
        catch (Win32Exception)
        {
            server.Dispose();
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            {
                Assert.Fail("prometheus is not installed: apt-get install prometheus.");
            }

            Assert.Inconclusive("prometheus is not installed: apt-get install prometheus.");
            throw;
        }
    }

    /// <summary>Runs a request; null is an error of the query.</summary>
    public async Task<JsonElement?> GetAsync(string path)
    {
        using var response = await _client.GetAsync(path);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return response.IsSuccessStatusCode ? document.RootElement.GetProperty("data").Clone() : null;
    }

    /// <summary>Runs a request and returns what it answers.</summary>
    public async Task<(int Status, string Body)> AskAsync(string path, HttpContent? form = null)
    {
        using var response = await (form is null ? _client.GetAsync(path) : _client.PostAsync(path, form));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    async Task StartCoreAsync(IEnumerable<Series> series, string settings)
    {
        var text = new StringBuilder();
        foreach (var metric in series.GroupBy(s => s.Labels.MetricName, StringComparer.Ordinal))
        {
            text.Append("# TYPE ").Append(metric.Key).Append(" unknown\n");
            foreach (var one in metric)
            {
                foreach (var (time, value) in one.Samples)
                {
                    var number = double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? value > 0 ? "+Inf" : "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
                    text.Append(CultureInfo.InvariantCulture, $"{one.Labels} {number} {time / 1000}.{time % 1000:D3}\n");
                }
            }
        }

        var input = Path.Combine(_folder, "samples.txt");
        await File.WriteAllTextAsync(input, text.Append("# EOF\n").ToString());
        if (series.Any())
        {
            using var tool = Start("promtool", "tsdb", "create-blocks-from", "openmetrics", input, Path.Combine(_folder, "data"));
            await tool.WaitForExitAsync();
            Assert.That(tool.ExitCode, Is.Zero);
        }

        var config = Path.Combine(_folder, "prometheus.yml");
        await File.WriteAllTextAsync(config, settings);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        _process = Start("prometheus", $"--config.file={config}", $"--storage.tsdb.path={Path.Combine(_folder, "data")}",
            $"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y", "--log.level=error", "--rules.alert.resend-delay=200ms");
        _client.BaseAddress = new Uri($"http://127.0.0.1:{port}/");
        var started = TimeProvider.System.GetTimestamp();
        while (!await IsReadyAsync())
        {
            Assert.That(TimeProvider.System.GetElapsedTime(started).TotalSeconds, Is.LessThan(60), "Prometheus did not start");
            await Task.Delay(20);
        }
    }

    async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await _client.GetAsync("-/ready");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
}
