using CartRecovery.Engine.Decisions;
using CartRecovery.Primitives;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Decisions;

public sealed class TimerWheelTests
{
    const int Tick = 100;
    const long Start = 1_732_095_600_000;

    readonly List<(ulong Key, long DueAt)> _fired = [];

    [SetUp]
    public void Clear() => _fired.Clear();

    [Test]
    public void A_timer_fires_when_due_and_not_before()
    {
        var wheel = Started();
        Assert.That(wheel.TrySet(Key(1), Start + 1050), Is.True);

        wheel.Advance(Start + 1099, Fired);
        Assert.That((_fired.Count, wheel.Count), Is.EqualTo((0, 1)));
        wheel.Advance(Start + 1100, Fired);
        Assert.That(_fired, Is.EqualTo(new[] { (1UL, Start + 1050) }));
        wheel.Advance(Start + 1_000_000, Fired);
        Assert.That((_fired.Count, wheel.Count), Is.EqualTo((1, 0)));
    }

    [Test]
    public void An_overdue_timer_fires_at_the_next_advance()
    {
        var wheel = Started();
        wheel.TrySet(Key(1), Start - 5000);
        wheel.TrySet(Key(2), Start);
        wheel.Advance(Start + Tick, Fired);
        Assert.That(_fired.Select(f => f.Key), Is.EqualTo(new[] { 1UL, 2UL }));
    }

    [Test]
    public void No_timer_is_set_before_the_time_is_known()
    {
        var wheel = new TimerWheel(Tick, 10);
        Assert.That(wheel.TrySet(Key(1), Start), Is.False);
        wheel.Advance(Start, Fired);
        Assert.That((_fired.Count, wheel.TrySet(Key(1), Start)), Is.EqualTo((0, true)));
    }

    [TestCase(1)]
    [TestCase(1500)]
    public void The_capacity_bounds_the_number_of_timers(int capacity)
    {
        var wheel = Started(capacity);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < capacity; i++)
            {
                Assert.That(wheel.TrySet(Key(i), Start + 1000 * round + i), Is.True);
            }

            Assert.That((wheel.TrySet(Key(0), Start), wheel.Count), Is.EqualTo((false, capacity)));
            _fired.Clear();
            wheel.Advance(Start + 100_000 * (round + 1), Fired);
            Assert.That((_fired.Count, wheel.Count), Is.EqualTo((capacity, 0)));
        }
    }

    // 256, 256² and 256³ ticks are the boundaries between the wheel's levels.
    [Test]
    public void A_timer_at_any_distance_fires_on_its_tick(
        [Values(1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 16_777_215, 16_777_216, 16_777_217)] int ticks,
        [Values(0, 1, 255)] int offset)
    {
        var wheel = new TimerWheel(1, 10);
        var start = (Start & ~0xffffffL) + offset;
        wheel.Advance(start, Fired);
        wheel.TrySet(Key(1), start + ticks);

        wheel.Advance(start + ticks - 1, Fired);
        Assert.That(_fired, Is.Empty);
        wheel.Advance(start + ticks, Fired);
        Assert.That(_fired, Is.EqualTo(new[] { (1UL, start + ticks) }));
    }

    [Test]
    public void A_large_advance_fires_all_timers_in_order()
    {
        var wheel = Started(capacity: 1000);
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            wheel.TrySet(Key(i), Start + random.NextInt64(0, 30L * 24 * 60 * 60 * 1000));
        }

        wheel.Advance(Start + 365L * 24 * 60 * 60 * 1000, Fired);

        Assert.That(_fired, Has.Count.EqualTo(1000));
        Assert.That(_fired.Select(f => Ticks(f.DueAt)), Is.Ordered);
        Assert.That(wheel.Count, Is.Zero);
    }

    [Test]
    public void Time_never_goes_back()
    {
        var wheel = Started();
        wheel.Advance(Start + 10_000, Fired);
        wheel.Advance(Start, Fired);
        wheel.TrySet(Key(1), Start + 5000);
        wheel.Advance(Start + 9000, Fired);
        Assert.That(_fired, Is.Empty);
        wheel.Advance(Start + 10_100, Fired);
        Assert.That(_fired, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_timer_may_be_set_while_another_fires()
    {
        var wheel = Started(capacity: 2);
        var fires = new List<long>();
        wheel.TrySet(Key(1), Start + 1000);
        wheel.Advance(Start + 10_000, Again);
        Assert.That(fires, Is.EqualTo(Enumerable.Range(1, 10).Select(i => Start + 1000 * i)));

        void Again(Hash128 key, long dueAt)
        {
            fires.Add(dueAt);
            if (fires.Count < 10)
            {
                Assert.That(wheel.TrySet(key, dueAt + 1000), Is.True);
            }
        }
    }

    [Test]
    public void An_overdue_timer_set_while_another_fires_waits_one_tick()
    {
        var wheel = Started();
        var fires = 0;
        wheel.TrySet(Key(1), Start + 1000);
        wheel.Advance(Start + 1000, (key, dueAt) =>
        {
            fires++;
            wheel.TrySet(key, dueAt);
        });
        Assert.That((fires, wheel.Count), Is.EqualTo((1, 1)));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public FsCheck.Property Timers_fire_in_the_order_of_a_sorted_list() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var wheel = new TimerWheel(Tick, 10_000);
            var list = new SortedList<(long Tick, int Order), (ulong Key, long DueAt)>();
            var now = Start + random.NextInt64(0, 1_000_000_000);
            wheel.Advance(now, Fired);
            var set = 0;

            // Many timers for the same few ticks, set from near and far: they fire in the order set.
            var targets = Enumerable.Range(0, 8).Select(_ => now + Distance()).ToArray();
            for (var step = 0; step < 60; step++)
            {
                for (var i = random.Next(10); i > 0; i--)
                {
                    Set(random.Next(2) == 0 ? targets[random.Next(8)] : now + Distance() - 500);
                }

                now = Math.Max(now, random.Next(4) == 0 ? targets[random.Next(8)] - random.Next(60_000) : now + Distance() / 50);
                _fired.Clear();
                wheel.Advance(now, Fired);
                List<(ulong, long)> expected = [];
                while (list.Count > 0 && list.Keys[0].Tick <= now / Tick)
                {
                    expected.Add(list.Values[0]);
                    list.RemoveAt(0);
                }

                Assert.That(_fired, Is.EqualTo(expected));
                Assert.That(_fired.Select(f => f.DueAt), Is.All.LessThanOrEqualTo(now));
                Assert.That(wheel.Count, Is.EqualTo(list.Count));
            }

            return true;

            long Distance() => random.Next(5) switch
            {
                0 => random.Next(1, 300),
                1 => random.Next(1, 256 * Tick * 2),
                2 => random.NextInt64(1, 65536L * Tick * 2),
                3 => 256 * Tick * random.Next(1, 300),
                _ => random.Next(1, 20_000),
            };

            void Set(long dueAt)
            {
                Assert.That(wheel.TrySet(Key(set), dueAt), Is.True);
                list.Add((Math.Max(Ticks(dueAt), now / Tick + 1), set), ((ulong)set, dueAt));
                set++;
            }
        });

    [FsCheck.NUnit.Property(MaxTest = 50)]
    public FsCheck.Property A_restored_wheel_behaves_like_the_original() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var capacity = random.Next(1, 3000);
            var wheel = new TimerWheel(Tick, capacity);
            var now = Start + random.NextInt64(0, 1_000_000_000);
            var keys = 0;
            for (var life = 0; life < 3; life++)
            {
                Use(wheel, random.Next(), ref now);
                var stream = new MemoryStream();
                var snapshot = wheel.Snapshot();
                var at = now;
                var later = random.Next();
                var expected = Use(wheel, later, ref now);
                snapshot.WriteTo(stream);
                stream.Position = 0;
                var restored = new TimerWheel(Tick, capacity);
                restored.ReadFrom(stream);
                Assert.That(stream.Position, Is.EqualTo(stream.Length));
                Assert.That(Use(restored, later, ref at), Is.EqualTo(expected));
                wheel = restored;
            }

            return true;

            List<(ulong, long)> Use(TimerWheel used, int seed, ref long now)
            {
                var steps = new Random(seed);
                var key = keys;
                List<(ulong, long)> log = [];
                for (var step = 0; step < 20; step++)
                {
                    for (var i = steps.Next(100); i > 0; i--)
                    {
                        log.Add((used.TrySet(Key(key++), now + steps.NextInt64(-500, 1L << steps.Next(10, 34))) ? 1UL : 0, used.Count));
                    }

                    now += steps.NextInt64(0, 1L << steps.Next(1, 24));
                    log.Add((used.HasDue(now) ? 1UL : 0, 0));
                    used.Advance(now, (k, dueAt) => log.Add((k.Low, dueAt)));
                }

                return log;
            }
        });

    [FsCheck.NUnit.Property(MaxTest = 50)]
    public FsCheck.Property Advancing_without_due_timers_fires_nothing_and_not_advancing_has_no_effect() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var now = Start + random.NextInt64(0, 1_000_000_000);
            TimerWheel always = new(Tick, 1000), asked = new(Tick, 1000);
            List<(ulong, long)> all = [], those = [];
            always.Advance(now, (_, _) => { });
            asked.Advance(now, (_, _) => { });
            var moves = 0;
            for (var step = 0; step < 300; step++)
            {
                if (random.Next(10) == 0)
                {
                    // Timers are set by events, which advance time first.
                    asked.Advance(now, (k, dueAt) => those.Add((k.Low, dueAt)));
                    var dueAt = now + random.NextInt64(-500, 1L << random.Next(8, 30));
                    always.TrySet(Key(step), dueAt);
                    asked.TrySet(Key(step), dueAt);
                }

                now += random.Next(4) == 0 ? random.NextInt64(0, 1L << random.Next(1, 22)) : 100;
                always.Advance(now, (k, dueAt) => all.Add((k.Low, dueAt)));
                if (asked.HasDue(now))
                {
                    moves++;
                    asked.Advance(now, (k, dueAt) => those.Add((k.Low, dueAt)));
                }

                Assert.That(those, Is.EqualTo(all));
            }

            // Each timer moves at most once per level and fires once.
            Assert.That(moves, Is.LessThanOrEqualTo(300 / 10 * 3 * 4));
            return true;
        });

    [Test]
    public void A_snapshot_that_is_damaged_or_has_another_resolution_is_rejected()
    {
        var wheel = Started();
        wheel.TrySet(Key(1), Start + 1000);
        var stream = new MemoryStream();
        wheel.Snapshot().WriteTo(stream);
        Assert.That(() => new TimerWheel(Tick * 2, 100).ReadFrom(new MemoryStream(stream.ToArray())), Throws.TypeOf<InvalidDataException>());
        var bytes = stream.ToArray();
        Assert.That(() => Started().ReadFrom(new MemoryStream(bytes[..^1])), Throws.InstanceOf<IOException>());
        bytes[^8] = 77;
        Assert.That(() => Started().ReadFrom(new MemoryStream(bytes)), Throws.TypeOf<InvalidDataException>());
    }

    TimerWheel Started(int capacity = 100)
    {
        var wheel = new TimerWheel(Tick, capacity);
        wheel.Advance(Start, Fired);
        return wheel;
    }

    static Hash128 Key(int number) => new((ulong)number, 7);

    // The first tick at which a timer is due.
    static long Ticks(long dueAt) => (dueAt + Tick - 1) / Tick;

    void Fired(Hash128 key, long dueAt)
    {
        Assert.That(key.High, Is.EqualTo(7));
        _fired.Add((key.Low, dueAt));
    }
}
