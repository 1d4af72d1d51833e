using CartRecovery.Primitives;

namespace CartRecovery.Engine.State;

/// <content>Sampling. Records in memory are contiguous, so random addresses give random records.</content>
public sealed partial class RecordStore<TRecord, TInput, TUpdate>
{
    /// <summary>Draws records in memory; all of them if there are at most <paramref name="count"/>. Worker thread only, outside of <see cref="Enter"/>.</summary>
    /// <param name="count">Number of places to draw.</param>
    /// <param name="random">Draws the places.</param>
    /// <param name="keys">Receives the keys of current records. A place may be drawn twice.</param>
    /// <returns>The number of drawn places, and of all places: one for each record and each of its former versions.</returns>
    internal (int Looked, long Places) SampleInMemory(int count, Random random, List<Hash128> keys)
    {
        if (Prefetch is null)
        {
            return (0, 0);
        }

        Enter();
        try
        {
            var (from, until, looked) = (RecordAt(_store.Log.HeadAddress), _store.Log.TailAddress, 0);
            var places = PlacesBetween(from, until);
            if (places <= count)
            {
                for (var at = from; at + LogRecord<TRecord>.Bytes <= until; at = RecordAt(at + 1), looked++)
                {
                    Look(at, keys);
                }

                return (looked, looked);
            }

            for (; looked < count; looked++)
            {
                Look(RecordAt(from + random.NextInt64(until - from - LogRecord<TRecord>.Bytes)), keys);
            }

            return (looked, places);
        }
        finally
        {
            Exit();
        }
    }

    void Look(long at, List<Hash128> keys)
    {
        var record = Prefetch!.PageFrom(at);
        if (record.Length < LogRecord<TRecord>.Bytes || !LogRecord<TRecord>.IsValid(record) || LogRecord<TRecord>.IsTombstone(record))
        {
            return;
        }

        var key = LogRecord<TRecord>.Key(record);
        if (IsLast(key, at))
        {
            keys.Add(key);
        }
    }

    long PlacesBetween(long from, long until)
    {
        var page = 1L << _layout.PageBits;
        return until <= from ? 0 : ((until - from) / page * (page / LogRecord<TRecord>.Bytes)) + ((until - from) % page / LogRecord<TRecord>.Bytes);
    }
}
