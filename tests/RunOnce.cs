using CartRecovery.Tests.Support;

[assembly: HangGuard]

namespace CartRecovery.Tests;

/// <summary>Ends what all tests share.</summary>
[SetUpFixture]
public sealed class RunOnce
{
    [OneTimeTearDown]
    public Task StopPostgresAsync() => PostgresCluster.StopAsync();
}
