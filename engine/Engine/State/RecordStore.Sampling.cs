using CartRecovery.Primitives;

namespace CartRecovery.Engine.State;

/// <content>Sampling. Records in memory are contiguous, so random addresses give random records.</content>
public sealed partial class RecordStore<TRecord, TInput, TUpdate>
{
    // Draws for each record that is looked at, at most: of nearly all records, most are drawn already.
    const int MaxDraws = 8;

    /// <summary>Takes the next step of a sample. Only on the worker, outside <see cref="Enter"/>.</summary>
    /// <param name="sample">The sample. Its keys are then those of the places looked at that have a current record.</param>
    /// <param name="count">How many places to look at, at most.</param>
    /// <param name="random">Draws the places.</param>
    internal void SampleInMemory(RecordSample sample, int count, Random random)
    {
        sample.Keys.Clear();
        if (Index is null)
        {
            sample.IsDone = true;
            return;
        }

        Enter();
        try
        {
            var (from, until) = (RecordAt(_store.Log.HeadAddress), _store.Log.TailAddress);
            sample.Places = PlacesBetween(from, until);
            if (!sample.IsStarted)
            {
                (sample.IsStarted, sample.IsWhole, sample.Next) = (true, sample.Places <= sample.Size, from);
                sample.IsExact = sample.IsWhole;
            }

            if (sample.IsWhole)
            {
                Scan(sample, from, until, count);
            }
            else
            {
                Draw(sample, from, until, count, random);
            }
        }
        finally
        {
            Exit();
        }
    }

    void Scan(RecordSample sample, long from, long until, int count)
    {
        // What memory no longer holds was not looked at.
        sample.IsExact &= sample.Next >= from;
        var at = Math.Max(sample.Next, from);
        for (var left = Math.Min(count, sample.Left); left > 0 && at + LogRecord<TRecord>.Bytes <= until; left--, at = RecordAt(at + 1))
        {
            Look(at, sample.Keys);
            sample.Looked++;
        }

        sample.Next = at;
        var isAtEnd = at + LogRecord<TRecord>.Bytes > until;
        sample.IsDone = isAtEnd || sample.Left <= 0;
        sample.IsExact &= isAtEnd || !sample.IsDone;
    }

    void Draw(RecordSample sample, long from, long until, int count, Random random)
    {
        count = Math.Min(count, sample.Left);
        var range = until - from - LogRecord<TRecord>.Bytes;
        var found = 0;
        for (var draws = 0; range > 0 && found < count && draws < MaxDraws * count; draws++)
        {
            var at = RecordAt(from + random.NextInt64(range));
            if (sample.Drawn.Add(at))
            {
                Look(at, sample.Keys);
                found++;
            }
        }

        sample.Looked += found;
        sample.IsDone = sample.Left <= 0 || found < count;
    }

    void Look(long at, List<Hash128> keys)
    {
        var record = Index!.PageFrom(at);
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
