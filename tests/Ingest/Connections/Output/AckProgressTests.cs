using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest.Connections.Output;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Ingest.Connections.Output;

[TestFixture]
public sealed class AckProgressTests
{
    const int Partitions = 3;

    /// <summary>
    /// Distributes events to partitions in any order of completion: an acknowledgement may lag, never covers an incomplete event, and
    /// finally covers all.
    /// </summary>
    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public FsCheck.Property An_acknowledgement_covers_only_completed_events() => Prop.ForAll(
        Gen.Choose(0, (Partitions * 2) + 1).ListOf(60).ToArbitrary(), steps =>
        {
            var progress = new AckProgress(Partitions);
            var open = new EventSlab?[Partitions];
            var waiting = Enumerable.Range(0, Partitions).Select(_ => new Queue<EventSlab>()).ToArray();
            var notDone = Enumerable.Range(0, Partitions).Select(_ => new SortedSet<long>()).ToArray();
            var taken = 0L;
            foreach (var step in steps)
            {
                if (step < Partitions)
                {
                    open[step] ??= new EventSlab();
                    notDone[step].Add(taken++);
                }
                else if (step < Partitions * 2)
                {
                    Finish(step - Partitions);
                }
                else if (step == Partitions * 2)
                {
                    Submit();
                }
                else
                {
                    taken++;
                }

                Check();
            }

            Submit();
            for (var partition = 0; partition < Partitions; partition++)
            {
                while (Finish(partition))
                {
                    Check();
                }
            }

            Assert.That(progress.UpTo, Is.EqualTo(taken));

            void Submit()
            {
                for (var partition = 0; partition < Partitions; partition++)
                {
                    if (open[partition] is { } slab)
                    {
                        slab.EndRun(source: null, taken);
                        progress.Submit(partition, taken);
                        waiting[partition].Enqueue(slab);
                        open[partition] = null;
                    }
                }

                progress.SetReceived(taken);
            }

            bool Finish(int partition)
            {
                if (!waiting[partition].TryDequeue(out var slab))
                {
                    return false;
                }

                notDone[partition].RemoveWhere(number => number < slab.Runs[0].UpTo);
                progress.Complete(partition, slab.Runs[0].UpTo);
                return true;
            }

            void Check()
            {
                var upTo = progress.UpTo;
                Assert.That(notDone.SelectMany(numbers => numbers), Has.All.GreaterThanOrEqualTo(upTo), "an incomplete event is acknowledged");
                Assert.That(upTo, Is.LessThanOrEqualTo(taken));
            }
        });
}
