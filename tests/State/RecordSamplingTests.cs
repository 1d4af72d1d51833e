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
        var keys = new List<Hash128>();
        var (looked, places) = store.SampleInMemory(1000, new Random(1), keys);
        Assert.That((looked, places >= 49), Is.EqualTo(((int)places, true)));
        Assert.That(keys, Is.EquivalentTo(Enumerable.Range(0, 50).Where(i => i != 7).Select(LargeRecord.Key)));
    }

    [Test]
    public void An_empty_store_has_no_sample()
    {
        using var store = Open();
        var keys = new List<Hash128>();
        Assert.That((store.SampleInMemory(10, new Random(1), keys), keys.Count), Is.EqualTo(((0, 0L), 0)));
    }

    [Test]
    public void Of_many_records_the_sample_has_the_current_ones_in_proportion()
    {
        using var store = Open();
        const int Records = 10_000, Sample = 2000;
        for (var i = 0; i < Records; i++)
        {
            Set(store, i, i);
        }

        // Most of these have a former version that is not in memory, or only to be read there.
        for (var i = 0; i < Records; i += 10)
        {
            Set(store, i, -i);
        }

        var keys = new List<Hash128>();
        var (looked, places) = store.SampleInMemory(Sample, new Random(1), keys);
        Assert.That(looked, Is.EqualTo(Sample));
        Assert.That(places, Is.InRange(Sample + 1, Records), "not all are in memory");
        var all = new List<Hash128>();
        store.SampleInMemory(int.MaxValue, new Random(1), all);
        Assert.That(all, Is.Unique, "a place that has a former version counts for none");
        Assert.That(keys.Distinct(), Is.SubsetOf(all));

        // Every other record in memory is in half of the sample, within five standard deviations.
        var even = all.Where((_, i) => i % 2 == 0).ToHashSet();
        Assert.That(keys.Count(even.Contains) / (double)keys.Count, Is.EqualTo(even.Count / (double)all.Count).Within(5 * 0.5 / Math.Sqrt(keys.Count)));
        Assert.That(keys.Count * (double)places / looked, Is.EqualTo(all.Count).Within(0.1 * all.Count), "the number of records follows from the sample");
    }

    static int LargeRecordBytes => Unsafe.SizeOf<LargeRecord>();

    static void Set(RecordStore<LargeRecord, long, LargeRecord.Put> store, int key, long at) => store.Update(LargeRecord.Key(key), ref at);

    RecordStore<LargeRecord, long, LargeRecord.Put> Open() => new(Path.Combine(_folder, "records"), RecordStoreSize.For(Memory, LargeRecordBytes), default);
}
