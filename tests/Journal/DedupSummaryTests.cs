using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Journal;

public sealed class DedupSummaryTests
{
    const int Lines = 4096;

    // The planned number of fingerprints per column.
    const int Planned = Lines * 11;

    [Test]
    public void A_column_contains_exactly_the_fingerprints_added_to_it()
    {
        var summary = new DedupSummary(Lines);
        for (var i = 0UL; i < Planned; i++)
        {
            summary.Add((int)(i % DedupSummary.Columns), Fingerprint(i));
        }

        for (var i = 0UL; i < Planned; i++)
        {
            Assert.That((summary.MayHold(Fingerprint(i)) >> (2 * (int)(i % DedupSummary.Columns))) & 1, Is.EqualTo(1));
        }
    }

    [Test]
    public void A_full_column_has_at_most_2_percent_false_positives()
    {
        const int Others = 100_000;
        var summary = new DedupSummary(Lines);
        summary.AddAll(2, [0, .. Enumerable.Range(0, Planned).Select(i => Fingerprint((ulong)i))]);
        var found = Enumerable.Range(0, Others).Select(i => summary.MayHold(Fingerprint((ulong)(Planned + i)))).ToArray();
        Assert.That(found, Has.All.EqualTo(0).Or.EqualTo(1 << 4));
        Assert.That(found.Count(columns => columns != 0), Is.InRange(1, Others / 50));
    }

    [Test]
    public void Clearing_a_column_affects_no_other()
    {
        var summary = new DedupSummary(Lines);
        for (var column = 0; column < DedupSummary.Columns; column++)
        {
            summary.Add(column, Fingerprint(7));
        }

        summary.Clear(1);
        Assert.That(summary.MayHold(Fingerprint(7)), Is.EqualTo(0b01_01_00_01));
    }

    static ulong Fingerprint(ulong number) => Hash128.Of(BitConverter.GetBytes(number), seed: 0).Low;
}
