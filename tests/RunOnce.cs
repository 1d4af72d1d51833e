using CartRecovery.Tests.Support;

[assembly: HangGuard]

// Most fixtures wait for a disk, a socket or a condition: one more than the cores of a small machine keeps them busy. What measures the process is NonParallelizable.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(3)]

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
