using CartRecovery.Primitives;

namespace CartRecovery.Tests.Primitives;

public sealed class BloomFilterTests
{
    [Test]
    public void An_added_key_is_always_found()
    {
        var filter = new BloomFilter(4096);
        for (var i = 0; i < 4 * filter.Planned; i++)
        {
            filter.Add(Key(i));
            Assert.That(filter.MayHold(Key(i)), Is.True);
        }

        Assert.That(Enumerable.Range(0, (int)(4 * filter.Planned)).All(i => filter.MayHold(Key(i))), Is.True);
    }

    [Test]
    public void At_the_planned_size_at_most_2_percent_are_false_positives()
    {
        const int Others = 100_000;
        var filter = new BloomFilter(1 << 20);
        Assert.That(filter.Planned, Is.EqualTo(838_860));
        for (var i = 0; i < filter.Planned; i++)
        {
            filter.Add(Key(i));
        }

        Assert.That(Enumerable.Range(1, Others).Count(i => filter.MayHold(Key(-i))), Is.InRange(1, Others / 50));
    }

    static Hash128 Key(long number) => Hash128.Of(BitConverter.GetBytes(number), seed: 0);
}
