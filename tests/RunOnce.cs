using CartRecovery.Tests.Support;

[assembly: HangGuard]

namespace CartRecovery.Tests;

/// <summary>Begins and ends what all tests share.</summary>
[SetUpFixture]
public sealed class RunOnce
{
    [OneTimeSetUp]
    public void UseTemporaryFoldersInMemory() => MemoryFolder.Use();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await PostgresCluster.StopAsync();
        MemoryFolder.Delete();
    }
}
