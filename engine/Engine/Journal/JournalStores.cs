using System.Text;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Journal;

/// <summary>The configured stores as the journal refers to them: by id, because their indexes may change between runs. Immutable.</summary>
public sealed class JournalStores
{
    readonly byte[][] _ids;
    readonly ulong[] _seeds;
    readonly Dictionary<ulong, int> _bySeed = [];

    /// <param name="ids">The stores' ids in UTF-8, by their index in the configuration.</param>
    public JournalStores(params IEnumerable<byte[]> ids)
    {
        _ids = [.. ids];
        _seeds = [.. _ids.Select(id => EventKeys.SeedOf(id))];
        for (var i = 0; i < _ids.Length; i++)
        {
            _bySeed.Add(_seeds[i], i);
        }
    }

    /// <summary>Returns the id of a store.</summary>
    public ReadOnlySpan<byte> IdOf(int store) => _ids[store];

    /// <summary>Returns the key seed of a store.</summary>
    public ulong SeedOf(int store) => _seeds[store];

    /// <summary>Returns the index of the store with this id.</summary>
    /// <exception cref="JournalException"><c>journal_store</c>: there is none.</exception>
    public int PlaceOf(ReadOnlySpan<byte> id) =>
        _bySeed.TryGetValue(EventKeys.SeedOf(id), out var place) && id.SequenceEqual(_ids[place])
            ? place
            : throw new JournalException("journal_store",
                $"The journal has events of the store '{Encoding.UTF8.GetString(id)}', which is not configured. Add it to the configuration.");
}
