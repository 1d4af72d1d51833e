using CartRecovery.Engine.Configuration;

namespace CartRecovery.Tests.Support;

/// <summary>Tests that share one in-process engine, which starts before the first of them and stops after the last.</summary>
/// <param name="change">Changes the engine's configuration before it starts.</param>
abstract class EngineFixture(Action<CartRecoveryConfig>? change = null)
{
    protected InProcessEngine Engine { get; private set; } = null!;

    /// <summary>What the engine had counted when the current test began.</summary>
    protected Counts Before { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartEngineAsync() => Engine = await InProcessEngine.StartAsync(change);

    [OneTimeTearDown]
    public async Task StopEngineAsync() => await Engine.DisposeAsync();

    [SetUp]
    public void CountBefore() => Before = Engine.Counts;
}
