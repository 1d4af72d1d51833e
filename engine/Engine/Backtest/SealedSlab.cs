using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline.Commit;

namespace CartRecovery.Engine.Backtest;

/// <summary>Decrypts the personal data of events that were read from a journal.</summary>
static class SealedSlab
{
    /// <summary>Decrypts every event's meta. One whose key is not there has no meta afterwards.</summary>
    /// <param name="slab">The events.</param>
    /// <param name="keys">The keys; null for none.</param>
    /// <returns>The number of metas that were left out.</returns>
    public static int Open(EventSlab slab, KeyVault? keys)
    {
        var left = 0;
        foreach (ref var record in slab.Records.AsSpan(0, slab.Count))
        {
            if (record.MetaLength == 0 || !SealedBytes.Is(slab.MetaOf(record)))
            {
                continue;
            }

            var meta = keys is null ? null : EventSealer.Open(keys, slab, record);
            meta?.CopyTo(slab.Text.AsSpan(record.TextOffset + record.IdsLength));
            record.MetaLength = meta?.Length ?? 0;
            left += meta is null ? 1 : 0;
        }

        return left;
    }
}
