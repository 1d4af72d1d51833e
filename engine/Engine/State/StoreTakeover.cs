namespace CartRecovery.Engine.State;

/// <summary>Converts an earlier record to a current one.</summary>
delegate TRecord RecordConversion<TOld, TRecord>(in TOld old);

/// <summary>Progress of a takeover.</summary>
/// <param name="Done">Records read.</param>
/// <param name="Total">Records to read.</param>
public readonly record struct TakeoverProgress(long Done, long Total);

/// <summary>Thrown if records could not be taken over because the new file could not be written.</summary>
public sealed class StoreTakeoverException(string message, Exception inner) : Exception(message, inner);

/// <summary>
/// Takes over records of an earlier shape: copies them, converted, from a checkpoint and its log into an empty store. The checkpoint and the
/// log are only read, so a takeover that does not end is simply repeated.
/// </summary>
static class StoreTakeover
{
    const int ProgressEvery = 1024;

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="StoreTakeoverException">The new file cannot be written.</exception>
    public static void Run<TOld, TRecord, TInput, TUpdate>(
        StoredRecords<TOld> from, RecordStore<TRecord, TInput, TUpdate> to, RecordConversion<TOld, TRecord> convert, Action<TakeoverProgress>? progress)
        where TOld : unmanaged
        where TRecord : unmanaged
        where TInput : struct
        where TUpdate : IRecordUpdate<TRecord, TInput>
    {
        // A full disk ends the takeover: nothing depends on the new file yet.
        to.RetriesWrites = false;
        var total = from.Count;
        var done = 0L;
        foreach (var (key, record, isDeleted) in from.Read())
        {
            if (isDeleted)
            {
                to.Delete(key);
            }
            else
            {
                to.Write(key, convert(record));
            }

            if (++done % ProgressEvery == 0)
            {
                progress?.Invoke(new TakeoverProgress(done, total));
                ThrowIfFailed(to);
            }
        }

        ThrowIfFailed(to);
        to.RetriesWrites = true;
        progress?.Invoke(new TakeoverProgress(total, total));
    }

    static void ThrowIfFailed<TRecord, TInput, TUpdate>(RecordStore<TRecord, TInput, TUpdate> store)
        where TRecord : unmanaged
        where TInput : struct
        where TUpdate : IRecordUpdate<TRecord, TInput>
    {
        try
        {
            store.ThrowIfFailed();
        }
        catch (IOException e)
        {
            throw new StoreTakeoverException(
                $"records of an earlier version could not be taken over: {e.Message.TrimEnd('.')}. Nothing was lost: free disk space and start again", e);
        }
    }
}
