using CartRecovery.Engine.Events;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Migration;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Stops a partition whose carts do not fit in memory and cannot be written to disk.</summary>
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
        var partition = Open(options, TimeSpan.FromMilliseconds(300));
        partition.Start();
        for (var i = 1; i <= Slabs; i++)
        {
            Assert.That(partition.Inbox.TryEnqueue(Slab(i, source)), Is.True);
            await Eventually.Is(() => i > Acknowledged || Interlocked.Read(ref told) == i, "the first slabs are acknowledged");
        }

        await Eventually.Is(() => partition.StoreProblem is not null, "carts are to be written to disk");
        await Task.Run(partition.Stop).WaitAsync(Eventually.Deadline);
        Assert.That(partition.StopProblem, Does.Contain("were not processed").And.Contain("were not acknowledged"));
        partition.Dispose();
        Assert.That(Interlocked.Read(ref told), Is.GreaterThanOrEqualTo(Acknowledged).And.LessThan(Slabs));

        blocked.Delete();
        using var again = Open(options, Eventually.Deadline);
        again.Start();
        for (var cart = 0; cart < told * EventsASlab; cart++)
        {
            Assert.That((await again.FindAsync(EventReading.KeyOf($"c{cart}"), default))?.EventCount, Is.EqualTo(1), $"cart {cart}");
        }

        again.Stop();
        Assert.That(again.StopProblem, Is.Null);
    }

    static Partition Open(PipelineOptions options, TimeSpan stopTimeout) =>
        new(0, options, new SlabPool(2 * Slabs), TimeProvider.System, new Watermark(), new ClockMonitor(TimeProvider.System), TimeSpan.Zero, 2 * Slabs) { StopTimeout = stopTimeout };

    static EventSlab Slab(int number, RecordingSource source)
    {
        var slab = EventReading.Slab(Enumerable.Range((number - 1) * EventsASlab, EventsASlab)
            .Select(cart => new TestEvent("add_to_cart", EventReading.Now + cart) { Cart = $"c{cart}", Product = "p", Price = 1 }));
        slab.EndRun(source, number);
        return slab;
    }
}
