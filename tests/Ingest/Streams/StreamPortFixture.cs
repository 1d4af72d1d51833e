using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>Tests of the stream port on two engines, with and without a default key for TCP connections.</summary>
abstract class StreamPortFixture : EngineFixture
{
    /// <summary>An engine without <c>listen.tcpKey</c>.</summary>
    protected InProcessEngine Keyless { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartKeylessAsync() => Keyless = await InProcessEngine.StartAsync(config => config.Listen.TcpKey = null);

    [OneTimeTearDown]
    public async Task StopKeylessAsync() => await Keyless.DisposeAsync();
}
