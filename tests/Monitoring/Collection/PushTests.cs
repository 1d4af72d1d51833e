using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Tests.Support;
using Snappier;

#pragma warning disable NUnit1027 // FsCheck supplies the arguments.

namespace CartRecovery.Tests.Monitoring.Collection;

/// <summary>Checks remote write and OpenTelemetry's metrics.</summary>
public sealed class PushTests
{
    const long Now = 1_764_000_000_000;
    const ulong NowNanos = Now * 1_000_000ul;

    Scratch _folder = null!;
    MetricHistory _history = null!;
    SampleIntake _intake = null!;

    [SetUp]
    public void Open()
    {
        _folder = new Scratch();
        _history = MetricHistory.Open(_folder.PathOf("metrics.db"), time: new ManualTime(Now));
        _intake = new SampleIntake(_history);
    }

    [TearDown]
    public void Close()
    {
        _history.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Version_1_of_remote_write_is_read()
    {
        var request = new ProtoWriter()
            .Message(1, series => series.Message(1, label => label.Text(1, "__name__").Text(2, "hits_total")).Message(1, label => label.Text(1, "job").Text(2, "a"))
                .Message(2, sample => sample.Double(1, 5).Number(2, Now - 15_000)).Message(2, sample => sample.Double(1, 7).Number(2, Now)))
            .Message(3, metadata => metadata.Number(1, 1).Text(2, "hits_total").Text(4, "Hits."));
        RemoteWrite.Read(Snappy.CompressToArray(request.ToArray()), isVersion2: false, _intake);
        Assert.That((_intake.Written, _intake.Problem), Is.EqualTo((2, (string?)null)));
        Assert.That(Shown(), Is.EqualTo(new[] { "hits_total{job=\"a\"} 7" }));
        Assert.That(_history.Metadata.Single(), Is.EqualTo(new MetricMetadata("hits_total", MetricType.Counter, "Hits.")));

        RemoteWrite.Read(Snappy.CompressToArray(request.ToArray()), isVersion2: false, _intake);
        Assert.That(_intake.Problem, Does.Contain("out of order"), "the first sample again");
    }

    [Test]
    public void Version_2_of_remote_write_is_read()
    {
        var request = Symbols("", "__name__", "wait_seconds_bucket", "le", "0.5", "Waits.", "seconds")
            .Message(5, series => series.Packed(1, 1, 2, 3, 4).Message(2, sample => sample.Double(1, 5).Number(2, Now))
                .Message(5, metadata => metadata.Number(1, 3).Number(3, 5).Number(4, 6)));
        RemoteWrite.Read(Snappy.CompressToArray(request.ToArray()), isVersion2: true, _intake);
        Assert.That(Shown(), Is.EqualTo(new[] { "wait_seconds_bucket{le=\"0.5\"} 5" }));
        Assert.That(_history.Metadata.Single(), Is.EqualTo(new MetricMetadata("wait_seconds", MetricType.Histogram, "Waits.", "seconds")));
    }

    [Test]
    public void Native_histograms_are_refused_and_the_samples_beside_them_taken()
    {
        var request = Symbols("", "__name__", "a").Message(5, series => series.Packed(1, 1, 2).Message(3, _ => { }).Message(2, sample => sample.Double(1, 5).Number(2, Now)));
        RemoteWrite.Read(Snappy.CompressToArray(request.ToArray()), isVersion2: true, _intake);
        Assert.That((_intake.Written, _intake.Refused), Is.EqualTo((1, 1)));
        Assert.That(_intake.Problem, Does.Contain("native histograms"));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Any_bytes_are_read_or_refused(byte[] bytes)
    {
        foreach (var read in new Action[]
        {
            () => RemoteWrite.Read(bytes, false, _intake), () => RemoteWrite.Read(Snappy.CompressToArray(bytes), false, _intake),
            () => RemoteWrite.Read(Snappy.CompressToArray([34, 0, .. bytes]), true, _intake), () => OtlpMetrics.Read(bytes, _intake),
        })
        {
            try
            {
                read();
            }
            catch (FormatException)
            {
                // Refused.
            }
        }
    }

    [Test]
    public void A_body_that_unpacks_to_too_much_is_refused() =>
        Assert.That(() => RemoteWrite.Read(Snappy.CompressToArray(new byte[RemoteWrite.MaxBytes + 1]), false, _intake), Throws.TypeOf<FormatException>());

    [Test]
    public void Gauges_and_cumulative_sums_of_OpenTelemetry_are_read()
    {
        OtlpMetrics.Read(Otlp(metrics => metrics
            .Message(2, metric => metric.Text(1, "http.server.active").Text(2, "Requests.").Text(3, "{request}")
                .Message(5, gauge => gauge.Message(1, point => point.Fixed64(3, NowNanos).Fixed64(6, 4).Message(7, a => a.Text(1, "http.route").Message(2, v => v.Text(1, "/cart"))))))
            .Message(2, metric => metric.Text(1, "io.read").Text(3, "By")
                .Message(7, sum => sum.Number(2, 2).Number(3, 1).Message(1, point => point.Fixed64(3, NowNanos).Double(4, 1.5))))), _intake);
        Assert.That(_intake.Problem, Is.Null);
        Assert.That(Shown(), Is.EqualTo(new[]
        {
            "http_server_active{http_route=\"/cart\",instance=\"i1\",job=\"shop/pay\"} 4", "io_read_bytes_total{instance=\"i1\",job=\"shop/pay\"} 1.5",
        }));
        Assert.That(_history.Metadata.Single(entry => entry.Name == "io_read_bytes_total").Type, Is.EqualTo(MetricType.Counter));
    }

    [Test]
    public void Histograms_of_OpenTelemetry_become_buckets()
    {
        OtlpMetrics.Read(Otlp(metrics => metrics.Message(2, metric => metric.Text(1, "wait").Text(3, "s").Message(9, histogram => histogram.Number(2, 2)
            .Message(1, point => point.Fixed64(3, NowNanos).Fixed64(4, 6).Double(5, 2.5).Fixed64(6, 1).Fixed64(6, 2).Fixed64(6, 3).Double(7, 0.1).Double(7, 1))))), _intake);
        Assert.That(Shown(), Is.EqualTo(new[]
        {
            "wait_seconds_bucket{instance=\"i1\",job=\"shop/pay\",le=\"+Inf\"} 6", "wait_seconds_bucket{instance=\"i1\",job=\"shop/pay\",le=\"0.1\"} 1",
            "wait_seconds_bucket{instance=\"i1\",job=\"shop/pay\",le=\"1\"} 3", "wait_seconds_count{instance=\"i1\",job=\"shop/pay\"} 6",
            "wait_seconds_sum{instance=\"i1\",job=\"shop/pay\"} 2.5",
        }));
    }

    static byte[] Otlp(Action<ProtoWriter> scope) => new ProtoWriter().Message(1, resourceMetrics => resourceMetrics
        .Message(1, resource => Attribute(Attribute(Attribute(resource, "service.name", "pay"), "service.namespace", "shop"), "service.instance.id", "i1"))
        .Message(2, scope)).ToArray();

    static ProtoWriter Attribute(ProtoWriter resource, string key, string value) => resource.Message(1, attribute => attribute.Text(1, key).Message(2, any => any.Text(1, value)));

    static ProtoWriter Symbols(params string[] symbols) => symbols.Aggregate(new ProtoWriter(), (writer, symbol) => writer.Text(4, symbol));

    IEnumerable<string> Shown() => _history.Latest([], 0).Select(latest => FormattableString.Invariant($"{latest.Labels} {latest.Sample.Value}")).Order(StringComparer.Ordinal);
}
