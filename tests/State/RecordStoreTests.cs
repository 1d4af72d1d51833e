using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.State;

public sealed class RecordStoreTests
{
    [Test]
    public void A_record_is_created_updated_and_read()
    {
        using var store = Open(1 << 20);
        Assert.That(store.TryRead(Key(1), out _), Is.False);

        Add(store, 1, 5);
        Add(store, 1, 7);
        Add(store, 2, 1);

        Assert.That(Read(store, 1), Is.EqualTo((2u, 12L)));
        Assert.That(Read(store, 2), Is.EqualTo((1u, 1L)));
        Assert.That(store.TryRead(Key(3), out _), Is.False);
    }

    [Test]
    public void An_update_without_creation_creates_nothing()
    {
        using var store = Open(1 << 20);
        var input = new Input(5, MayCreate: false);
        store.Update(Key(1), ref input);
        Assert.That(store.TryRead(Key(1), out _), Is.False);

        Add(store, 1, 2);
        store.Update(Key(1), ref input);
        Assert.That(Read(store, 1), Is.EqualTo((2u, 7L)));
    }

    [Test]
    public void Keys_sharing_their_low_half_are_distinct()
    {
        using var store = Open(1 << 20);
        var input = new Input(5, MayCreate: true);
        store.Update(new Hash128(1, 1), ref input);
        store.Update(new Hash128(1, 2), ref input);
        store.Update(new Hash128(1, 2), ref input);

        Assert.That(store.TryRead(new Hash128(1, 1), out var first), Is.True);
        Assert.That(store.TryRead(new Hash128(1, 2), out var second), Is.True);
        Assert.That((first.EventCount, second.EventCount), Is.EqualTo((1u, 2u)));
    }

    // 20,000 carts are many times the capacity of a 1 MB log.
    [Test]
    public void Records_beyond_memory_are_read_correctly_from_disk()
    {
        const int Carts = 20_000, Rounds = 3;
        using var store = Open(1 << 20);
        var expected = new (uint Count, long Value)[Carts];
        var random = new Random(1);
        for (var round = 0; round < Rounds; round++)
        {
            var order = Enumerable.Range(0, Carts).ToArray();
            random.Shuffle(order);
            foreach (var cart in order)
            {
                var value = random.Next(1000);
                Add(store, cart, value);
                expected[cart] = (expected[cart].Count + 1, expected[cart].Value + value);
            }
        }

        Assert.That((long)Unsafe.SizeOf<CartRecord>() * Carts, Is.GreaterThan(10L << 20));
        for (var cart = 0; cart < Carts; cart++)
        {
            Assert.That(Read(store, cart), Is.EqualTo(expected[cart]));
            Assert.That(store.TryRead(Key(cart), out var record), Is.True);
            Assert.That((record.FirstAt, record.Lines[6].Value), Is.EqualTo((expected[cart].Value, ~expected[cart].Value)));
        }

        Assert.That(store.TryRead(Key(Carts), out _), Is.False);
    }

    [Test]
    public void Disposing_deletes_the_file()
    {
        var folder = TestStages.NewFolder();
        var store = Open(1 << 20, folder);
        for (var cart = 0; cart < 5000; cart++)
        {
            Add(store, cart, 1);
        }

        Assert.That(Directory.GetFiles(folder), Is.Not.Empty);
        store.Dispose();
        Assert.That(Directory.GetFiles(folder), Is.Empty);
    }

    [TestCase(1)]
    [TestCase(1 << 20)]
    [TestCase(100_000_000)]
    [TestCase(1L << 34)]
    public void A_size_stays_within_its_budget(long budget)
    {
        var size = RecordStoreSize.For(budget, Unsafe.SizeOf<CartRecord>());
        Assert.That(1L << size.LogBits, Is.LessThanOrEqualTo(Math.Max(budget, 1 << 20)));
        Assert.That(long.IsPow2(size.Buckets), Is.True);
        Assert.That(size.PageBits, Is.LessThan(size.LogBits - 1));
        Assert.That(1L << size.PageBits, Is.GreaterThan(Unsafe.SizeOf<CartRecord>() + 24));
        Assert.That(size.Bytes, Is.LessThanOrEqualTo(1.2 * Math.Max(budget, 1 << 20)));
    }

    static RecordStore<CartRecord, Input, Sum> Open(long memory, string? folder = null) => new(
        Path.Combine(folder ?? TestStages.NewFolder(), "records.log"), RecordStoreSize.For(memory, Unsafe.SizeOf<CartRecord>()), default);

    static Hash128 Key(int number) => EventReading.KeyOf($"cart {number}");

    static void Add(RecordStore<CartRecord, Input, Sum> store, int cart, long value)
    {
        var input = new Input(value, MayCreate: true);
        store.Update(Key(cart), ref input);
    }

    static (uint Count, long Value) Read(RecordStore<CartRecord, Input, Sum> store, int cart)
    {
        Assert.That(store.TryRead(Key(cart), out var record), Is.True, $"cart {cart}");
        return (record.EventCount, record.Value);
    }

    readonly record struct Input(long Value, bool MayCreate);

    // Writes the first field, the last line and some between, to reveal partial copies.
    readonly struct Sum : IRecordUpdate<CartRecord, Input>
    {
        public bool MayCreate(in Input input) => input.MayCreate;

        public void Apply(ref CartRecord record, ref Input input)
        {
            record.EventCount++;
            record.Value += input.Value;
            record.FirstAt = record.Value;
            record.Lines[6].Value = ~record.Value;
        }
    }
}
