using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Migration;

/// <summary>
/// Records a data folder of the current format, with a checkpoint, a journal beyond it and records on disk. Run it before the format
/// changes: <c>dotnet test --filter FolderRecorder -- NUnit.ExplicitMode=Relaxed</c>.
/// </summary>
public sealed class FolderRecorder
{
    // The format it writes: see Host's DataFolder.
    const int Version = 4;

    [Test]
    [Explicit("Writes into the source tree.")]
    public async Task Record_the_current_format()
    {
        using var scratch = new Scratch();
        var (live, copy) = (scratch.PathOf("live"), scratch.PathOf("copy"));
        await using (var engine = await StartAsync(live))
        {
            var third = RecordedFolder.Events.Count / 3;
            await SendAsync(engine, RecordedFolder.Events.Take(third));
            await CheckpointAsync(engine);
            await SendAsync(engine, RecordedFolder.Events.Skip(third).Take(third));
            await CheckpointAsync(engine);
            await SendAsync(engine, RecordedFolder.Events.Skip(2 * third));
            await engine.Host.Partitions.FlushAsync(default);
            await engine.Host.Journeys.FlushAsync(default);
            Copy(live, copy);
        }

        Directory.CreateDirectory(RecordedFolder.PathOf(Version, ""));
        await using (var file = new GZipStream(File.Create(RecordedFolder.PathOf(Version, "data.tar.gz")), CompressionLevel.SmallestSize))
        {
            await TarFile.CreateFromDirectoryAsync(copy, file, includeBaseDirectory: false);
        }

        await using var text = new StreamWriter(new GZipStream(File.Create(RecordedFolder.PathOf(Version, "state.txt.gz")), CompressionLevel.SmallestSize));
        text.NewLine = "\n";
        for (var partition = 0; partition < RecordedFolder.Partitions; partition++)
        {
            var recovered = new PartitionRecovery(partition, RecordedFolder.Options(copy), new SlabPool(4), new PartitionCounters(), new JournalTail())
                .Run(new ShiftedTime(RecordedFolder.End), progress: null);
            using var state = recovered.State;
            Assert.That(recovered.Report.Warnings, Is.Empty);
            Assert.That(recovered.Report.Events, Is.GreaterThan(0), "the journal must reach beyond the checkpoint");
            Assert.That(state.Stages.Timers, Is.GreaterThan(0));
            foreach (var line in StateListing.Of(partition, state, RecordedFolder.Ids))
            {
                await text.WriteLineAsync(line);
            }

            recovered.Checkpoints!.Dispose();
            recovered.Journal!.Dispose();
        }
    }

    static Task<InProcessEngine> StartAsync(string data) => InProcessEngine.StartAsync(
        config =>
        {
            config.Data = data;
            config.Partitions = RecordedFolder.Partitions;
            config.Memory.Carts = ByteSize.FromMegabytes(RecordedFolder.Partitions);
            config.Memory.Customers = ByteSize.FromMegabytes(RecordedFolder.Partitions);
            config.Journal.Segment = ByteSize.FromMegabytes(4);
            config.Journal.Retention = Duration.FromHours(240);
            config.Checkpoints.Interval = Duration.FromSeconds(10);
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("add_to_cart"));
            config.Decisions.Campaigns.Add(TestStages.OnIdle("left", Duration.FromHours(2)));
        },
        new ShiftedTime(RecordedFolder.End));

    static async Task SendAsync(InProcessEngine engine, IEnumerable<byte[]> events)
    {
        foreach (var batch in events.Chunk(500))
        {
            using var content = new StringContent($"[{string.Join(',', batch.Select(Encoding.UTF8.GetString))}]", Encoding.UTF8, "application/json");
            using var response = await engine.Http.PostAsync("/v1/events", content);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Accepted), await response.Content.ReadAsStringAsync());
        }
    }

    static async Task CheckpointAsync(InProcessEngine engine)
    {
        var before = Enumerable.Range(0, RecordedFolder.Partitions).Select(i => engine.Host.Partitions[i].Counters.Checkpoints).ToArray();
        await Eventually.Is(() => before.Select((n, i) => engine.Host.Partitions[i].Counters.Checkpoints > n).All(b => b), "checkpoints");
    }

    static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(from, file);
            if (name is "lock" || name.EndsWith("-shm", StringComparison.Ordinal))
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, name))!);
            File.Copy(file, Path.Combine(to, name));
        }
    }
}
