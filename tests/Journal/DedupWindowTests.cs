using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Journal;

public sealed class DedupWindowTests
{
    const long Start = 1_732_095_600_000;
    static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    static readonly Hash128 s_cart = EventReading.KeyOf("cart");

    [Test]
    public void An_event_is_new_only_once()
    {
        var window = new DedupWindow(1 << 20, s_hour);
        Assert.That(window.TryAdd(Id(1), s_cart, Start), Is.True);
        Assert.That(window.TryAdd(Id(1), s_cart, Start), Is.False);
        Assert.That(window.TryAdd(Id(2), s_cart, Start), Is.True);
        Assert.That(window.TryAdd(Id(1), s_cart, Start + 1000), Is.False);
        Assert.That(window.Count, Is.EqualTo(2));
    }

    [Test]
    public void The_same_id_on_another_cart_is_another_event()
    {
        var window = new DedupWindow(1 << 20, s_hour);
        Assert.That(window.TryAdd(Id(1), s_cart, Start), Is.True);
        Assert.That(window.TryAdd(Id(1), EventReading.KeyOf("other"), Start), Is.True);
    }

    [Test]
    public void Events_with_the_id_of_their_cart_are_distinguished()
    {
        var window = new DedupWindow(1 << 20, s_hour);
        for (var i = 0; i < 1000; i++)
        {
            Assert.That(window.TryAdd(Id(i), Id(i), Start), Is.True);
        }

        for (var i = 0; i < 1000; i++)
        {
            Assert.That(window.TryAdd(Id(i), Id(i), Start), Is.False);
        }
    }

    // At any time within a generation.
    [Test]
    public void An_id_is_remembered_for_the_window_and_forgotten_later([Values(0, 1, 19, 20, 33, 59)] int minute)
    {
        var window = new DedupWindow(1 << 20, s_hour);
        var at = Start + minute * 60_000L;
        window.TryAdd(Id(-1), s_cart, Start);
        window.TryAdd(Id(1), s_cart, at);
        var filler = 1000;
        for (var passed = 60_000; passed < s_hour.TotalMilliseconds; passed += 60_000)
        {
            window.TryAdd(Id(filler++), s_cart, at + passed);
            Assert.That(window.TryAdd(Id(1), s_cart, at + passed), Is.False, $"after {passed / 60_000} minutes");
        }

        for (var passed = 60; passed <= 100; passed++)
        {
            window.TryAdd(Id(filler++), s_cart, at + passed * 60_000L);
        }

        Assert.That(window.TryAdd(Id(1), s_cart, at + 101 * 60_000L), Is.True);
        Assert.That(window.CoveredMilliseconds, Is.InRange(60 * 60_000, 80 * 60_000));
    }

    [Test]
    public void The_capacity_is_remembered_at_any_rate()
    {
        const int Budget = 100_000;
        var capacity = (int)DedupWindow.Capacity(Budget);
        Assert.That(capacity * sizeof(long), Is.InRange(Budget * 0.37, Budget * 0.39));
        var window = new DedupWindow(Budget, s_hour);
        for (var i = 0; i < capacity * 5; i++)
        {
            Assert.That(window.TryAdd(Id(i), s_cart, Start + i / 100), Is.True);
            if (i >= capacity)
            {
                Assert.That(window.TryAdd(Id(i - capacity + 1), s_cart, Start + i / 100), Is.False);
            }
        }

        Assert.That(window.Count, Is.InRange(capacity, capacity / 3 * 4 + 4));
        Assert.That(window.CoveredMilliseconds, Is.InRange(capacity / 100, capacity / 75 + 2));
        Assert.That(window.TryAdd(Id(0), s_cart, Start + capacity), Is.True);
        Assert.That(window.Forgotten, Is.Zero);
    }

    // Half of the hash is equal, so all belong to one bucket.
    [Test]
    public void Crafted_collisions_affect_only_their_own_bucket()
    {
        var window = new DedupWindow(1 << 20, s_hour);
        for (var i = 0; i < 1000; i++)
        {
            window.TryAdd(Id(i), s_cart, Start);
        }

        for (var i = 0; i < 5000; i++)
        {
            window.TryAdd(new Hash128((ulong)i * 0x9E3779B97F4A7C15, 7), s_cart, Start);
        }

        Assert.That(window.Forgotten, Is.InRange(1, 5000));
        Assert.That(Enumerable.Range(0, 1000).Count(i => window.TryAdd(Id(i), s_cart, Start)), Is.LessThan(50));
    }

    [Test]
    public void Duplicates_within_a_slab_are_marked()
    {
        var window = new DedupWindow(1 << 20, s_hour);
        var first = Slab(Start, 1, 2, 1, 3);
        Assert.That(window.MarkDuplicates(first), Is.EqualTo(1));
        Assert.That(Marks(first), Is.EqualTo(new[] { false, false, true, false }));
        var second = Slab(Start + 10, 4, 3, 2, 5, 5);
        second.Records[0].Flags = EventFlags.Server;
        Assert.That(window.MarkDuplicates(second), Is.EqualTo(3));
        Assert.That(Marks(second), Is.EqualTo(new[] { false, true, true, false, true }));
        Assert.That(second.Records[0].Flags, Is.EqualTo(EventFlags.Server));
    }

    [TestCase(EventType.Unsubscribed, false)]
    [TestCase(EventType.Bounced, false)]
    [TestCase(EventType.Complained, false)]
    [TestCase(EventType.Clicked, true)]
    [TestCase(EventType.Consent, true)]
    public void What_ends_contact_counts_each_time(EventType type, bool isDuplicate)
    {
        var window = new DedupWindow(1 << 20, s_hour);
        for (var i = 0; i < 3; i++)
        {
            var slab = Slab(Start + i, 1);
            slab.Records[0].Type = type;
            Assert.That(window.MarkDuplicates(slab), Is.EqualTo(isDuplicate && i > 0 ? 1 : 0));
            Assert.That(Marks(slab), Is.EqualTo(new[] { isDuplicate && i > 0 }));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public FsCheck.Property The_window_matches_a_reference_of_sets() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var budget = random.Next(1, 60_000);
            var window = new DedupWindow(budget, TimeSpan.FromMilliseconds(300));
            var limit = (int)(DedupWindow.Capacity(budget) / 3);
            List<HashSet<int>> sets = [[]];
            long now = Start, opened = long.MinValue;
            var ids = random.Next(1, 5000);
            for (var step = 0; step < 4000; step++)
            {
                now += random.Next(20) == 0 ? random.Next(0, 30) : 0;
                var at = now - random.Next(5);
                var id = random.Next(ids);
                var seen = sets.Any(set => set.Contains(id));
                Assert.That(window.TryAdd(Id(id), s_cart, at), Is.EqualTo(!seen));
                if (!seen)
                {
                    if (opened == long.MinValue)
                    {
                        opened = at;
                    }

                    _latest = Math.Max(_latest, at);
                    if (_latest - opened >= 100)
                    {
                        Rotate();
                    }

                    if (sets[0].Count >= limit)
                    {
                        Rotate();
                    }

                    sets[0].Add(id);
                }
            }

            _latest = 0;
            return true;

            void Rotate()
            {
                sets.Insert(0, []);
                if (sets.Count > 4)
                {
                    sets.RemoveAt(4);
                }

                opened = _latest;
            }
        });

    long _latest;

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public FsCheck.Property A_restored_window_behaves_like_the_original() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var budget = random.Next(1, 100_000);
            var window = new DedupWindow(budget, TimeSpan.FromSeconds(3));
            var ids = random.Next(1, 20_000);
            Use(window, random.Next(), 0);
            for (var life = 1; life < 4; life++)
            {
                using var snapshot = window.Snapshot();
                var seedOfUse = random.Next();
                var expected = Use(window, seedOfUse, life * 2000);

                // Written after the window advanced and even evicted entries.
                var stream = new MemoryStream();
                snapshot.WriteTo(stream);
                stream.Position = 0;
                var restored = new DedupWindow(budget, TimeSpan.FromSeconds(3));
                restored.ReadFrom(stream);
                Assert.That(stream.Position, Is.EqualTo(stream.Length));
                Assert.That(Bytes(restored), Is.EqualTo(stream.ToArray()));
                Assert.That(Use(restored, seedOfUse, life * 2000), Is.EqualTo(expected));
                Assert.That(Bytes(restored), Is.EqualTo(Bytes(window)));
                window = restored;
            }

            return true;

            List<int> Use(DedupWindow used, int seed, long from)
            {
                var steps = new Random(seed);
                List<int> marks = [];
                for (var step = 0; step < 40; step++)
                {
                    var slab = Slab(Start + from + steps.Next(4000), [.. Enumerable.Range(0, steps.Next(1, 256)).Select(_ => steps.Next(ids))]);
                    marks.Add(used.MarkDuplicates(slab));
                    marks.AddRange(Marks(slab).Select(mark => mark ? 1 : 0));
                    marks.Add((int)used.Count);
                    marks.Add((int)used.CoveredMilliseconds);
                }

                return marks;
            }
        });

    // As in a recovery: the journal has no duplicates.
    [FsCheck.NUnit.Property(MaxTest = 30)]
    public FsCheck.Property A_stream_without_its_duplicates_gives_the_same_window() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            DedupWindow live = new(20_000, TimeSpan.FromSeconds(3)), replayed = new(20_000, TimeSpan.FromSeconds(3));
            var ids = random.Next(1, 5000);
            for (var step = 0; step < 100; step++)
            {
                var slab = Slab(Start + step * 100, [.. Enumerable.Range(0, random.Next(1, 100)).Select(_ => random.Next(ids))]);
                live.MarkDuplicates(slab);
                var kept = new EventSlab { ReceivedAt = slab.ReceivedAt };
                foreach (var record in slab.Records.AsSpan(0, slab.Count))
                {
                    if ((record.Flags & EventFlags.Duplicate) == 0)
                    {
                        kept.Records[kept.Count++] = record;
                    }
                }

                Assert.That(replayed.MarkDuplicates(kept), Is.Zero);
            }

            Assert.That(Bytes(replayed), Is.EqualTo(Bytes(live)));
            return true;
        });

    [Test]
    public void A_window_with_another_budget_restores_an_older_snapshot()
    {
        var before = new DedupWindow(50_000, s_hour);
        for (var i = 0; i < 2000; i++)
        {
            before.TryAdd(Id(i), s_cart, Start);
        }

        foreach (var budget in new[] { 3000, 1 << 20 })
        {
            var window = new DedupWindow(budget, s_hour);
            window.ReadFrom(new MemoryStream(Bytes(before)));
            for (var i = 0; i < 2000; i++)
            {
                Assert.That(window.TryAdd(Id(i), s_cart, Start + 1), Is.False);
            }

            for (var i = 5000; i < 15_000; i++)
            {
                window.TryAdd(Id(i), s_cart, Start + 1);
            }

            Assert.That(window.TryAdd(Id(14_999), s_cart, Start + 1), Is.False);
        }
    }

    [Test]
    public void An_invalid_snapshot_is_rejected()
    {
        var window = new DedupWindow(1, s_hour);
        window.TryAdd(Id(1), s_cart, Start);
        var bytes = Bytes(window);
        Assert.That(() => new DedupWindow(1, s_hour).ReadFrom(new MemoryStream(bytes[..^8])), Throws.InstanceOf<IOException>());
        bytes[0] ^= 1;
        Assert.That(() => new DedupWindow(1, s_hour).ReadFrom(new MemoryStream(bytes)), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    [Category("Allocation")]
    public void Marking_allocates_nothing()
    {
        var window = new DedupWindow(10 << 20, s_hour);
        var slab = Slab(Start, [.. Enumerable.Range(0, 256)]);
        window.MarkDuplicates(slab);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 1; round < 100; round++)
        {
            for (var i = 0; i < slab.Count; i++)
            {
                slab.Records[i].Id = new Hash128((ulong)(round * 256 + i) * 0x9E3779B97F4A7C15, (ulong)i);
            }

            window.MarkDuplicates(slab);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void The_plan_states_the_capacity_of_a_budget() =>
        Assert.That(DedupWindow.Describe(64 << 20, 2, s_hour), Is.EqualTo("2 × 64 MB: 60 minutes of up to 1,779 events/s"));

    static byte[] Bytes(DedupWindow window)
    {
        using var snapshot = window.Snapshot();
        var stream = new MemoryStream();
        snapshot.WriteTo(stream);
        return stream.ToArray();
    }

    static EventSlab Slab(long receivedAt, params int[] ids)
    {
        var slab = new EventSlab { ReceivedAt = receivedAt };
        foreach (var id in ids)
        {
            slab.Records[slab.Count++] = new EventRecord { Id = Id(id), Cart = s_cart };
        }

        return slab;
    }

    static IEnumerable<bool> Marks(EventSlab slab) => slab.Records.Take(slab.Count).Select(r => (r.Flags & EventFlags.Duplicate) != 0);

    static Hash128 Id(int number) => Hash128.Of(BitConverter.GetBytes(number), 1);
}
