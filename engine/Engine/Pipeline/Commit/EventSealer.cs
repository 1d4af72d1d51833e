using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Commit;

/// <summary>
/// Encrypts the personal data of a partition's events before anything of them is stored. Each person has a key of their own; the journal
/// says whose it is. A person who was not seen for long gets another. One thread at a time.
/// </summary>
/// <param name="keys">The folder's keys.</param>
sealed class EventSealer(KeyVault keys)
{
    // Two generations of people: 1 MB.
    const int Generation = 4096;

    // Of the 2^32 that random nonces allow.
    const int MaxUses = 1 << 20;

    Dictionary<Hash128, PersonState> _young = [];
    Dictionary<Hash128, PersonState> _old = [];
    int _destroyed = keys.Destroyed;

    /// <summary>The keys taken since the last entry with them; the caller removes them.</summary>
    public EntryBuilder Taken { get; } = new();

    /// <summary>Encrypts the meta of the slab's events that holds personal data.</summary>
    /// <exception cref="IOException">There is no key, and the engine stops.</exception>
    public void Seal(EventSlab slab)
    {
        // A destroyed key encrypts nothing more.
        if (_destroyed != keys.Destroyed)
        {
            _destroyed = keys.Destroyed;
            _young.Clear();
            _old.Clear();
        }

        foreach (ref var record in slab.Records.AsSpan(0, slab.Count))
        {
            if (record.MetaLength > 0 && (record.Flags & EventFlags.Duplicate) == 0 && !SealedBytes.Is(slab.MetaOf(record))
                && PersonalMeta.Is(record.Type, slab.MetaOf(record)))
            {
                Seal(slab, ref record);
            }
        }
    }

    void Seal(EventSlab slab, ref EventRecord record)
    {
        var person = PersonOf(record);
        Span<byte> place = stackalloc byte[SealedMeta.PlaceSize];
        SealedMeta.WritePlace(place, record.Store, person);
        var (from, length) = (record.TextOffset + record.IdsLength, record.MetaLength);
        var target = slab.ReplaceMeta(ref record, length + SealedBytes.Overhead);
        SealedBytes.Seal(KeyOf(person), slab.Text.AsSpan(from, length), place, target);
    }

    /// <summary>Decrypts an event's meta.</summary>
    /// <param name="keys">The folder's keys.</param>
    /// <param name="slab">The slab that holds its texts.</param>
    /// <param name="record">The event.</param>
    /// <returns><see langword="null"/> if its key is not there.</returns>
    public static byte[]? Open(KeyVault keys, EventSlab slab, in EventRecord record)
    {
        Span<byte> place = stackalloc byte[SealedMeta.PlaceSize];
        SealedMeta.WritePlace(place, record.Store, PersonOf(record));
        return SealedBytes.Open(keys, slab.MetaOf(record), place);
    }

    /// <summary>Returns whose data an event's meta is.</summary>
    public static Hash128 PersonOf(in EventRecord record) => record.Customer == default ? record.Cart : record.Customer;

    DataKey KeyOf(in Hash128 person)
    {
        if (!_young.TryGetValue(person, out var state))
        {
            state = _old.GetValueOrDefault(person);
            if (state is null || state.Uses >= MaxUses)
            {
                state = new PersonState(keys.Take(KeyUse.Journal));
                PersonKey.Write(Taken.Output, person, state.Key.Number);
                Taken.EndRecord();
            }

            if (_young.Count == Generation)
            {
                (_old, _young) = (_young, _old);
                _young.Clear();
            }

            _young[person] = state;
        }

        if (++state.Uses >= MaxUses)
        {
            _young.Remove(person);
        }

        return state.Key;
    }

    sealed class PersonState(DataKey key)
    {
        public DataKey Key => key;

        public int Uses { get; set; }
    }
}
