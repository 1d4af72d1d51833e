using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.State;

/// <summary>A sample has the current records that are in memory, each with the same probability.</summary>
public sealed class RecordSamplingTests
{
    const long Memory = 4 << 20;

    string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("record-sampling").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Few_records_are_all_found_once_except_those_that_were_deleted()
    {
        using var store = Open();
        for (var i = 0; i < 50; i++)
        {
            Set(store, i, i);
        }

        store.Delete(LargeRecord.Key(7));
        var (sample, keys) = Sample(store, 1000);
        Assert.That((sample.IsExact, sample.Looked, sample.Places >= 49), Is.EqualTo((true, (int)sample.Places, true)));
        Assert.That(keys, Is.EquivalentTo(Enumerable.Range(0, 50).Where(i => i != 7).Select(LargeRecord.Key)));
    }

    [Test]
    public void An_empty_store_has_no_sample()
    {
        using var store = Open();
        var (sample, keys) = Sample(store, 10);
        Assert.That((sample.IsExact, sample.Looked, keys.Count), Is.EqualTo((true, 0, 0)));
    }

    [Test]
    public void A_record_that_moves_during_the_scan_is_found()
    {
        using var store = Open();
        for (var i = 0; i < 50; i++)
        {
            Set(store, i, i);
        }

        var (sample, keys) = (new RecordSample(1000), new List<Hash128>());
        for (var step = 0; !sample.IsDone; step++)
        {
            store.SampleInMemory(sample, 10, new Random(1));
            keys.AddRange(sample.Keys);
            if (step == 0)
            {
                // To another place: a deleted record is written anew.
                store.Delete(LargeRecord.Key(40));
                Set(store, 40, 1);
            }
        }

        Assert.That((sample.IsExact, keys.Distinct().Count()), Is.EqualTo((true, 50)));
    }

    [Test]
    public void Of_many_records_the_sample_has_the_current_ones_in_proportion_and_none_twice()
    {
        using var store = Open();
        const int Records = 10_000, Size = 2000;
        for (var i = 0; i < Records; i++)
        {
            Set(store, i, i);
        }

        // Most of these have a former version that is not in memory, or only to be read there.
        for (var i = 0; i < Records; i += 10)
        {
            Set(store, i, -i);
        }

        var (sample, keys) = Sample(store, Size);
        Assert.That((sample.Looked, sample.IsExact), Is.EqualTo((Size, false)));
        Assert.That(sample.Places, Is.InRange(Size + 1, Records), "not all are in memory");
        Assert.That(keys, Is.Unique, "a place is drawn once");
        var (whole, all) = Sample(store, 1_000_000);
        Assert.That(whole.IsExact, Is.True);
        Assert.That(all, Is.Unique, "a place that has a former version counts for none");
        Assert.That(keys, Is.SubsetOf(all));

        // Every other record in memory is in half of the sample, within five standard deviations.
        var even = all.Where((_, i) => i % 2 == 0).ToHashSet();
        Assert.That(keys.Count(even.Contains) / (double)keys.Count, Is.EqualTo(even.Count / (double)all.Count).Within(5 * 0.5 / Math.Sqrt(keys.Count)));
        Assert.That(keys.Count * (double)sample.Places / sample.Looked, Is.EqualTo(all.Count).Within(0.1 * all.Count), "the number of records follows from the sample");
    }

    static (RecordSample Sample, List<Hash128> Keys) Sample(RecordStore<LargeRecord, long, LargeRecord.Put> store, int size)
    {
        var (sample, keys, random) = (new RecordSample(size), new List<Hash128>(), new Random(1));
        while (!sample.IsDone)
        {
            store.SampleInMemory(sample, 200, random);
            keys.AddRange(sample.Keys);
        }

        return (sample, keys);
    }

    static int LargeRecordBytes => Unsafe.SizeOf<LargeRecord>();

    static void Set(RecordStore<LargeRecord, long, LargeRecord.Put> store, int key, long at) => store.Update(LargeRecord.Key(key), ref at);

    RecordStore<LargeRecord, long, LargeRecord.Put> Open() => new(Path.Combine(_folder, "records"), RecordStoreSize.For(Memory, LargeRecordBytes), default);
}
