using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Ingest.Routing;

/// <summary>Acknowledged events are complete in any order of reading, submitting and processing.</summary>
public sealed class EventRouterProgressTests
{
    const int MostPartitions = 4;

    PartitionSet[] _sets = [];

    [OneTimeSetUp]
    public void Open() => _sets = [.. Enumerable.Range(1, MostPartitions).Select(count =>
        new PartitionSet(count, TestStages.Options([]), new ManualTime(EventReading.Now), TimeSpan.Zero))];

    [OneTimeTearDown]
    public void Close() => Array.ForEach(_sets, set => set.Dispose());

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public FsCheck.Property Progress_never_exceeds_completed_work_and_reaches_the_end() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Run(new Random(seed), _sets[seed % MostPartitions]);
            return true;
        });

    static void Run(Random random, PartitionSet partitions)
    {
        var source = new RecordingSource();
        var router = new EventRouter(
            partitions, EventReading.Rules(), 2500, Protocol.Tcp, new IngestCounters(), source, source);
        router.BeginRead();
        var slabs = new Queue<EventSlab>[partitions.Count];
        for (var i = 0; i < slabs.Length; i++)
        {
            slabs[i] = new Queue<EventSlab>();
        }

        // The number of partitions still to process each event; it is complete at 0.
        var open = new List<int>();
        var longIds = random.Next(2) == 0;
        for (var step = 0; step < 150; step++)
        {
            switch (random.Next(4))
            {
                case 0:
                    for (var i = random.Next(1, 60); i > 0; i--)
                    {
                        Take();
                    }

                    break;
                case 1:
                    Submit();
                    break;
                default:
                    Work(slabs[random.Next(slabs.Length)]);
                    break;
            }

            Check();
        }

        Submit();
        while (slabs.Any(queue => queue.Count > 0))
        {
            Work(slabs[random.Next(slabs.Length)]);
            Check();
        }

        Assert.That(router.Progress.UpTo, Is.EqualTo(router.Received));
        Assert.That(open.TrueForAll(partitions => partitions == 0), Is.True);

        void Take()
        {
            var kind = random.Next(8);
            var id = $"{open.Count}";
            var e = new TestEvent(kind == 1 ? "purchase" : "page_view", EventReading.Now)
            {
                Id = id,
                Cart = $"{random.Next(1, 20)}".PadLeft(longIds ? 64 : 0),
                User = kind is 1 or 2 ? "u" : null,
                Session = longIds ? new string('s', 64) : null,
                Product = longIds ? new string('p', 64) : null,
            };
            router.RouteJson(kind == 0 ? "{}"u8 : e.ToUtf8());
            open.Add(kind == 0 ? 0 : kind == 1 ? slabs.Length : 1);
        }

        void Submit()
        {
            Assert.That(router.SubmitAsync(default).IsCompletedSuccessfully, Is.True);
            for (var i = 0; i < slabs.Length; i++)
            {
                while (partitions[i].Inbox.TryDequeue(out var item))
                {
                    slabs[i].Enqueue((EventSlab)item);
                }
            }
        }

        void Work(Queue<EventSlab> queue)
        {
            if (!queue.TryDequeue(out var slab))
            {
                return;
            }

            for (var i = 0; i < slab.Count; i++)
            {
                open[int.Parse(Encoding.UTF8.GetString(slab.IdOf(slab.Records[i])))]--;
            }

            router.Progress.Complete(Array.IndexOf(slabs, queue), slab.Runs[0].UpTo);
            partitions.Slabs.Return(slab);
        }

        void Check()
        {
            var upTo = router.Progress.UpTo;
            Assert.That(upTo, Is.LessThanOrEqualTo(router.Received));
            var first = open.FindIndex(partitions => partitions != 0);
            if (first >= 0 && first < upTo)
            {
                Assert.Fail($"{upTo} are acknowledged, but event {first} is incomplete");
            }
        }
    }
}
