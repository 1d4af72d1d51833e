using CartRecovery.Engine.Configuration;

namespace CartRecovery.Tests.Support;

/// <summary>Tests that share one in-process engine, started before the first and stopped after the last.</summary>
/// <param name="change">Changes the engine's configuration before it starts.</param>
abstract class EngineFixture(Action<CartRecoveryConfig>? change = null)
{
    protected InProcessEngine Engine { get; private set; } = null!;

    /// <summary>The engine's counters at the start of the current test.</summary>
    protected Counts Before { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartEngineAsync() => Engine = await InProcessEngine.StartAsync(change);

    [OneTimeTearDown]
    public async Task StopEngineAsync() => await Engine.DisposeAsync();

    [SetUp]
    public void CountBefore() => Before = Engine.Counts;
}
