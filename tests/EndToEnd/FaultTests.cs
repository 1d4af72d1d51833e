using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Data folders that an engine refuses, with a remedy, and leaves unchanged.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
sealed class FaultTests : FaultFixture
{
    // Not by permissions, which root ignores: a file blocks the path, and /proc rejects all writes.
    [TestCase("occupied/data")]
    [TestCase("/proc")]
    public async Task A_data_folder_that_cannot_be_created_is_rejected(string data)
    {
        Scratch.Write("occupied", "");

        await AssertRefusedAsync(Config with { Data = data }, Failed, "data_unwritable", data);
    }

    [Test]
    public async Task A_data_folder_on_a_read_only_disk_is_rejected()
    {
        Directory.CreateDirectory(Folder);
        await using var mounted = await MountedFolder.MountAsync(Folder, "ro,size=1m");

        await AssertRefusedAsync(Config with { Data = Folder }, Failed, "data_unwritable", [Folder], mounted.Through);
    }

    [Test]
    public async Task A_data_folder_in_use_is_rejected_and_its_engine_continues()
    {
        await using var first = await RunningEngine.StartAsync(Scratch, Config);
        await SendAsync(first, "cart", 10);

        await AssertRefusedAsync(Config, Failed, "data_in_use", Folder);

        await SendAsync(first, "cart", 10);
        Assert.That(await CountAsync(first, "cart"), Is.EqualTo(20));
        await first.StopAsync();
    }

    [TestCase("1", TestName = "A_data_folder_of_an_older_version_is_rejected_unchanged")]
    [TestCase("6", TestName = "A_data_folder_of_a_newer_version_is_rejected_unchanged")]
    [TestCase(null, TestName = "A_data_folder_with_a_journal_without_a_version_is_rejected_unchanged")]
    public async Task A_data_folder_of_an_unsupported_version_is_rejected(string? version)
    {
        await LeaveAsync(killed: false, ("cart", 10));
        if (version is null)
        {
            File.Delete(Path.Combine(Folder, "format"));
        }
        else
        {
            await File.WriteAllTextAsync(Path.Combine(Folder, "format"), version);
        }

        var finished = await AssertRefusedUntouchedAsync(Config, Failed, "data_version", Folder);

        if (version is not null)
        {
            Assert.That(finished.Errors, Does.Match($@"\b{version}\b").And.Match(@"\b5\b"), "names both versions");
        }
    }

    [Test]
    public async Task A_different_number_of_partitions_is_rejected()
    {
        await LeaveAsync(Config with { Partitions = 2 }, killed: false, ("cart", 10));

        var finished = await AssertRefusedUntouchedAsync(Config with { Partitions = 3 }, BadConfiguration, "data_partitions", "2", "3");

        Assert.That(finished.Errors, Does.Contain("partitions"));
    }

    [Test]
    public async Task A_hole_in_the_journal_is_rejected_and_the_files_are_unchanged()
    {
        // Fills several segments. What is written after an acknowledgement tells that all before it was durable: a hole there is no torn end.
        await LeaveAsync(killed: true, ("cart", 8_000), ("later", 1));
        var segments = Data.Segments();
        Assert.That(segments, Has.Count.AtLeast(2), "enough segments to damage one in the middle");
        // However few commits the events took, they are longer than this.
        DataFiles.Damage(segments[0], 32 * 1024, 64);

        var finished = await AssertRefusedUntouchedAsync(Config, Failed, "journal_damaged", Path.GetDirectoryName(segments[0])!);

        Assert.That(finished.Errors, Does.Match(@"segment 0 at byte \d+").And.Contain("backup").And.Contain("move it away"));
    }

    const int Failed = 1, BadConfiguration = 78;

    async Task<ProcessResult> AssertRefusedUntouchedAsync(EngineConfig config, int exitCode, string code, params string[] words)
    {
        var before = Data.Contents();
        var finished = await AssertRefusedAsync(config, exitCode, code, words);
        Assert.That(Data.Contents(), Is.EqualTo(before), "the folder's files");
        return finished;
    }
}
