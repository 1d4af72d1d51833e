using CartRecovery.Primitives;

namespace CartRecovery.Tests.Primitives;

public sealed class BloomFilterTests
{
    [Test]
    public void A_key_that_was_added_is_never_denied()
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
    public void As_many_keys_as_planned_leave_one_in_fifty_others_unsure_at_the_most()
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
