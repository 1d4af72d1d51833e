using System.Text;
using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Tests.Support;

#pragma warning disable NUnit1027 // FsCheck supplies the arguments.

namespace CartRecovery.Tests.Monitoring.Collection;

/// <summary>OpenTelemetry's metrics as JSON.</summary>
public sealed class OtlpJsonTests
{
    const long Now = 1_764_000_000_000;

    Scratch _folder = null!;
    MetricHistory _history = null!;
    SampleIntake _intake = null!;

    [SetUp]
    public void Open()
    {
        _folder = new Scratch();
        _history = MetricHistory.Open(_folder.PathOf("metrics.db"), time: new ManualTime(Now + 60_000));
        _intake = new SampleIntake(_history, new DeltaTotals(_history, 100, TimeSpan.FromHours(1)));
    }

    [TearDown]
    public void Close()
    {
        _history.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Every_kind_of_metric_is_read_with_numbers_as_texts_or_numbers()
    {
        Read("""
            {"name":"active","description":"Now.","unit":"{request}","gauge":{"dataPoints":[{"timeUnixNano":"1764000000000000000","asInt":"-4","attributes":[
              {"key":"route","value":{"stringValue":"/cart"}},{"key":"retry","value":{"boolValue":true}},{"key":"code","value":{"intValue":"200"}},{"key":"share","value":{"doubleValue":0.5}}]}]}},
            {"name":"io","unit":"By","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"startTimeUnixNano":"1","timeUnixNano":1764000000000000000,"asDouble":1.5,"unknown":{"a":[1]}}]}},
            {"name":"wait","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"1764000000000000000","count":"6","sum":2.5,"bucketCounts":["1","2",3],"explicitBounds":[0.1,1]}]}},
            {"name":"size","summary":{"dataPoints":[{"timeUnixNano":"1764000000000000000","count":2,"sum":"NaN","quantileValues":[{"quantile":0.5,"value":3}]}]}}
            """);
        Assert.That(_intake.Problem, Is.Null);
        Assert.That(Shown(), Is.EqualTo(new[]
        {
            """active{code="200",job="pay",retry="true",route="/cart",share="0.5"} -4""", """io_bytes_total{job="pay"} 1.5""", """size_count{job="pay"} 2""", """size_sum{job="pay"} NaN""",
            """size{job="pay",quantile="0.5"} 3""", """wait_seconds_bucket{job="pay",le="+Inf"} 6""", """wait_seconds_bucket{job="pay",le="0.1"} 1""",
            """wait_seconds_bucket{job="pay",le="1"} 3""", """wait_seconds_count{job="pay"} 6""", """wait_seconds_sum{job="pay"} 2.5""",
        }.Order(StringComparer.Ordinal)));
        Assert.That(_history.Metadata.Single(entry => entry.Name == "io_bytes_total").Type, Is.EqualTo(MetricType.Counter));
    }

    [Test]
    public void Deltas_of_sums_and_histograms_add_up()
    {
        foreach (var time in new[] { "1764000000000000000", "1764000015000000000" })
        {
            Read($$$"""
                {"name":"hits","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"{{{time}}}","asInt":"3"}]}},
                {"name":"open","sum":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":"{{{time}}}","asInt":"-1"}]}},
                {"name":"wait","histogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":"{{{time}}}","count":"3","sum":1.5,"bucketCounts":["1","2"],"explicitBounds":[1]}]}}
                """);
        }

        Assert.That(_intake.Problem, Is.Null);
        Assert.That(Shown(), Is.EqualTo(new[]
        {
            """hits_total{job="pay"} 6""", """open{job="pay"} -2""", """wait_bucket{job="pay",le="+Inf"} 6""", """wait_bucket{job="pay",le="1"} 2""",
            """wait_count{job="pay"} 6""", """wait_sum{job="pay"} 3""",
        }));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void A_monotonic_sum_has_no_negative_value(int temporality)
    {
        foreach (var (second, value) in new[] { (10, "5"), (25, "-2"), (40, "7") })
        {
            Read($$$"""{"name":"hits","sum":{"aggregationTemporality":{{{temporality}}},"isMonotonic":true,"dataPoints":[{"timeUnixNano":"17640000{{{second}}}000000000","asInt":"{{{value}}}"}]}}""");
        }

        Assert.That((_intake.Written, _intake.Refused, _intake.Problem), Is.EqualTo((2, 1, """hits_total{job="pay"}: a monotonic sum has a negative value""")));
        Assert.That(Shown(), Is.EqualTo(new[] { $"hits_total{{job=\"pay\"}} {(temporality == 1 ? 12 : 7)}" }), "and the others count");
    }

    [TestCase("{", "no JSON")]
    [TestCase("[]", "the body: expected an object")]
    [TestCase("""{"resourceMetrics":[1]}""", "resourceMetrics: expected an object")]
    [TestCase("""{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":1}]}]}]}""", "name: expected a text")]
    [TestCase("""{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"isMonotonic":"yes"}}]}]}]}""", "isMonotonic: expected true or false")]
    [TestCase("""{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":{"timeUnixNano":"1.5"}}}]}]}]}""", "timeUnixNano: expected a whole number")]
    [TestCase("""{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"asDouble":"x"}]}}]}]}]}""", "asDouble: expected a number")]
    public void What_is_wrong_is_named(string body, string problem) =>
        Assert.That(() => OtlpJson.ToProtobuf(Encoding.UTF8.GetBytes(body)), Throws.TypeOf<FormatException>().With.Message.Contains(problem));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Any_bytes_are_read_or_refused(byte[] bytes)
    {
        try
        {
            OtlpMetrics.Read(OtlpJson.ToProtobuf(bytes), _intake);
        }
        catch (FormatException)
        {
            // Refused.
        }
    }

    void Read(string metrics) => OtlpMetrics.Read(OtlpJson.ToProtobuf(Encoding.UTF8.GetBytes(
        $$$"""{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"pay"}}]},"scopeMetrics":[{"scope":{"name":"x"},"metrics":[{{{metrics}}}]}]}]}""")), _intake);

    string[] Shown() => [.. _history.Latest([], 0).Select(latest => FormattableString.Invariant($"{latest.Labels} {latest.Sample.Value}")).Order(StringComparer.Ordinal)];
}
