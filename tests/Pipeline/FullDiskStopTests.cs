using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Migration;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Stops partitions of which one has carts that do not fit in memory and cannot be written to disk.</summary>
public sealed class FullDiskStopTests
{
    const int Slabs = 20;
    const int EventsASlab = 200;
    const int Acknowledged = 4;

    [Test]
    public async Task A_stop_ends_says_what_is_left_and_loses_nothing_acknowledged()
    {
        using var scratch = new Scratch();
        var options = RecordedFolder.Options(scratch.Folder);

        // A folder at the file's path fails every write.
        var blocked = Directory.CreateDirectory(Path.Combine(options.DataFolder, "carts.0.v4.log.0"));
        var told = 0L;
        var source = new RecordingSource { ConnectionId = 1, WhenProcessed = (_, upTo) => Interlocked.Exchange(ref told, upTo) };
        var set = Open(options, TimeSpan.FromMilliseconds(300));
        var partition = set[0];
        set.Start();
        for (var i = 1; i <= Slabs; i++)
        {
            Assert.That(partition.Inbox.TryEnqueue(Slab(i, source)), Is.True);
            await Eventually.Is(() => i > Acknowledged || Interlocked.Read(ref told) == i, "the first slabs are acknowledged");
        }

        await Eventually.Is(() => partition.StoreProblem is not null, "carts are to be written to disk");
        await Task.Run(set.Stop).WaitAsync(Eventually.Deadline);
        Assert.That(partition.StopProblem, Does.Contain("were not processed").And.Contain("were not acknowledged"));
        set.Dispose();
        Assert.That(Interlocked.Read(ref told), Is.GreaterThanOrEqualTo(Acknowledged).And.LessThan(Slabs));

        blocked.Delete();
        using var again = Open(options, Eventually.Deadline);
        again.Start();
        for (var cart = 0; cart < told * EventsASlab; cart++)
        {
            Assert.That((await again.FindAsync(EventReading.KeyOf($"c{cart}"), default))?.EventCount, Is.EqualTo(1), $"cart {cart}");
        }

        again.Stop();
        Assert.That(again.StopProblems, Is.Empty);
    }

    // The other partitions of its worker are blocked with it.
    [Test]
    public async Task A_stop_ends_although_one_partition_blocks_its_worker()
    {
        const int Partitions = 3;
        using var scratch = new Scratch();
        var options = RecordedFolder.Options(scratch.Folder);
        var blocked = Directory.CreateDirectory(Path.Combine(options.DataFolder, "carts.0.v4.log.0"));
        var sources = Enumerable.Range(0, Partitions).Select(_ => new RecordingSource()).ToArray();
        var set = Open(options, TimeSpan.FromMilliseconds(300), Partitions);
        set.Start();
        for (var i = 1; i < Partitions; i++)
        {
            Assert.That(set[i].Inbox.TryEnqueue(Slab(1, sources[i])), Is.True);
            await set[i].FlushAsync(default).WaitAsync(Eventually.Deadline);
        }

        for (var number = 1; number <= Slabs; number++)
        {
            Assert.That(set[0].Inbox.TryEnqueue(Slab(number, sources[0])), Is.True);
        }

        string? problem = null;
        await Eventually.Is(() => (problem = set[0].StoreProblem) is not null, "carts are to be written to disk");
        for (var i = 1; i < Partitions; i++)
        {
            Assert.That(set[i].Inbox.TryEnqueue(Slab(2, sources[i])), Is.True);
        }

        await Task.Run(set.Stop).WaitAsync(Eventually.Deadline);
        set.Dispose();
        Assert.That(set.StopProblems, Has.Exactly(1).StartsWith("partition 0: ").And.All.Contains(problem!));
        Assert.That(sources[0].Processed, Has.Count.LessThan(Slabs));

        blocked.Delete();
        using var again = Open(options, Eventually.Deadline, Partitions);
        again.Start();
        for (var i = 0; i < Partitions; i++)
        {
            Assert.That(sources[i].Processed, Has.Count.GreaterThanOrEqualTo(i == 0 ? 0 : 1));
            for (var cart = 0; cart < sources[i].Processed.Count * EventsASlab; cart++)
            {
                Assert.That((await again[i].FindAsync(EventReading.KeyOf($"c{cart}"), default))?.EventCount, Is.EqualTo(1), $"cart {cart} of partition {i}");
            }
        }

        again.Stop();
        Assert.That(again.StopProblems, Is.Empty);
    }

    static PartitionSet Open(PipelineOptions options, TimeSpan stopTimeout, int partitions = 1) =>
        new(partitions, options, TimeProvider.System, TimeSpan.Zero, workers: 1) { StopTimeout = stopTimeout };

    static EventSlab Slab(int number, RecordingSource source)
    {
        var slab = EventReading.Slab(Enumerable.Range((number - 1) * EventsASlab, EventsASlab)
            .Select(cart => new TestEvent("add_to_cart", EventReading.Now + cart) { Cart = $"c{cart}", Product = "p", Price = 1 }));
        slab.EndRun(source, number);
        return slab;
    }
}
