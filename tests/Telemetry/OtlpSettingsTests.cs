using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Composition.Telemetry;

namespace CartRecovery.Tests.Telemetry;

[TestFixture]
sealed class OtlpSettingsTests
{
    [TestCase(null)]
    [TestCase("")]
    [TestCase("collector:4317")]
    public void Without_an_endpoint_nothing_is_sent(string? variable) =>
        Assert.That(OtlpSettings.Of(new OtlpConfig(), name => name == "OTEL_EXPORTER_OTLP_ENDPOINT" ? variable : null), Is.Null);

    [Test]
    public void The_environment_completes_the_configuration()
    {
        var options = OtlpSettings.Of(new OtlpConfig { SampleRatio = 0.05 }, name => name switch
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => "https://collector.example/otlp/",
            "OTEL_EXPORTER_OTLP_HEADERS" => "x-token=secret",
            "OTEL_SERVICE_NAME" => "shop",
            _ => null,
        })!;

        Assert.That(options.AddressOf("traces"), Is.EqualTo(new Uri("https://collector.example/otlp/v1/traces")));
        Assert.That((options.IsGrpc, options.Headers, options.ServiceName, options.TraceEvery), Is.EqualTo((false, "x-token=secret", "shop", 20)));
    }

    [TestCase("a=1,b=2", "a=1,b=2")]
    [TestCase("nonsense", null)]
    [TestCase("a=1%2C2", null)]
    public void Headers_invalid_for_the_exporter_are_omitted(string variable, string? expected) =>
        Assert.That(OtlpSettings.Of(new OtlpConfig { Endpoint = "http://here" }, name => name == "OTEL_EXPORTER_OTLP_HEADERS" ? variable : null)!.Headers,
            Is.EqualTo(expected));

    [Test]
    public void The_configuration_overrides_the_environment()
    {
        var config = new OtlpConfig { Endpoint = "http://here:4317", Protocol = OtlpProtocol.Grpc, ServiceName = "mine", SampleRatio = 0 };
        config.Headers["authorization"] = "Bearer a=b";
        var options = OtlpSettings.Of(config, _ => "http/protobuf")!;

        Assert.That(options.AddressOf("logs"), Is.EqualTo(new Uri("http://here:4317")));
        Assert.That((options.IsGrpc, options.Headers, options.ServiceName, options.TraceEvery), Is.EqualTo((true, "authorization=Bearer%20a%3Db", "mine", 0)));
    }
}
