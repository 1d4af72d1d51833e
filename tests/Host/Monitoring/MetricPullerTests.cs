using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Host.Monitoring;
using CartRecovery.Tests.Configuration;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Monitoring;

/// <summary>Reads metrics of a service on this machine.</summary>
public sealed partial class MetricPullerTests
{
    Scratch _folder = null!;
    MetricHistory _history = null!;
    HttpListener _service = null!;
    string _url = null!;
    string _answer = "";
    string? _authorization;
    string? _asked;
    TaskCompletionSource? _held;

    [SetUp]
    public void Open()
    {
        (_folder, _answer, _held) = (new Scratch(), "", null);
        _history = MetricHistory.Open(_folder.PathOf("metrics.db"));
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        }

        _service = new HttpListener { Prefixes = { _url } };
        _service.Start();
        _ = ServeAsync();
    }

    [TearDown]
    public void Close()
    {
        _held?.TrySetResult();
        _service.Close();
        _history.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task A_target_is_read_with_its_labels()
    {
        _answer = "# TYPE hits_total counter\nhits_total{path=\"/\"} 5\n";
        await PullAsync(new MonitoringConfig { Targets = { ["node"] = new ScrapeConfig { Url = _url, Labels = { ["site"] = "a" }, Headers = { ["Authorization"] = "Bearer t" } } } });
        var (labels, sample) = Latest("hits_total");
        Assert.That((labels["job"], labels["instance"], labels["site"], sample.Value, _authorization), Is.EqualTo(("node", new Uri(_url).Authority, "a", 5.0, "Bearer t")));
        Assert.That(Latest("up").Sample.Value, Is.EqualTo(1));
    }

    [TestCase(10, 1000)]
    [TestCase(1000, 1)]
    public async Task A_target_that_answers_too_much_is_down(int size, int samples)
    {
        _answer = "a 1\nb 2\nc 3\n";
        var config = new ScrapeConfig { Url = _url, Size = new ByteSize(size), MaxSamples = samples };
        await PullAsync(new MonitoringConfig { Targets = { ["node"] = config } });
        Assert.That(Latest("up").Sample.Value, Is.Zero);
        Assert.That(_history.Find([new(SeriesLabels.Name, LabelMatch.Equal, "a")], 0, long.MaxValue), Is.Empty);
    }

    [Test]
    public async Task A_target_that_does_not_answer_in_time_is_down()
    {
        _held = new TaskCompletionSource();
        await PullAsync(new MonitoringConfig { Targets = { ["node"] = new ScrapeConfig { Url = _url, Timeout = Duration.FromMilliseconds(100) } } });
        Assert.That(Latest("up").Sample.Value, Is.Zero);
    }

    [TestCase("exchange-rates", """{"rates":{"USD":1.1,"GBP":0.8}}""", "exchange_rate_usd_per_eur", 1.1)]
    [TestCase("gas-price", """{"jsonrpc":"2.0","result":"0x77359400"}""", "ethereum_gas_price_gwei", 2)]
    [TestCase("cloud-cost", """{"services":[{"name":"db","amount":12.5}]}""", "cloud_cost_month_usd", 12.5)]
    [TestCase("payment-provider", """{"healthy":true,"latency_ms":120}""", "payment_provider_latency_seconds", 0.12)]
    [TestCase("queue-page", "<p>parcels: 7 waiting</p>", "warehouse_queue_length", 7)]
    public async Task The_shipped_collectors_read_what_they_say(string name, string answer, string metric, double value)
    {
        var shipped = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "config", "cartrecovery.yaml"));
        var example = Secret().Replace(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "config", "collectors", name + ".yaml")), "secret");
        var loaded = ConfigLoader.Load(_folder.Write("c.yaml", $"{shipped[..shipped.IndexOf("\nmonitoring:", StringComparison.Ordinal)]}\n{example}"), TestCatalog.Shipped);
        Assert.That(loaded.Problems, Is.Empty);
        var config = loaded.Config!.Monitoring;
        config.Collectors.Values.Single().Url = _url;
        _answer = answer;
        await PullAsync(config);
        Assert.That(Latest(metric).Sample.Value, Is.EqualTo(value).Within(1e-12));
        Assert.That(_asked, Is.EqualTo(config.Collectors.Values.Single().Body ?? ""));
    }

    [GeneratedRegex(@"\$\{\w+\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secret();

    async Task PullAsync(MonitoringConfig config)
    {
        using var puller = new MetricPuller(config, _history, TimeProvider.System);
        await puller.PullAsync();
    }

    (SeriesLabels Labels, SeriesSample Sample) Latest(string name) => _history.Latest([new(SeriesLabels.Name, LabelMatch.Equal, name)], 0).Single();

    async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _service.GetContextAsync();
                _authorization = context.Request.Headers["Authorization"];
                using (var reader = new StreamReader(context.Request.InputStream))
                {
                    _asked = await reader.ReadToEndAsync();
                }

                await (_held?.Task ?? Task.CompletedTask);
                context.Response.OutputStream.Write(Encoding.UTF8.GetBytes(_answer));
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
