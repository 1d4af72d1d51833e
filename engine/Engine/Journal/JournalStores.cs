using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>The stores as the journal refers to them: by id, so that a block can be read without the registry of numbers. Immutable.</summary>
public sealed class JournalStores
{
    readonly NumberTable<byte[]> _ids;
    readonly NumberTable<ulong> _seeds;
    readonly Dictionary<ulong, int> _bySeed = [];

    /// <param name="ids">The stores' ids in UTF-8, numbered from 0.</param>
    public JournalStores(params IEnumerable<byte[]> ids)
        : this(ids.Index())
    {
    }

    /// <param name="stores">The stores' numbers, and their ids in UTF-8.</param>
    public JournalStores(IEnumerable<(int Number, byte[] Id)> stores)
    {
        var known = stores.ToArray();
        _ids = new NumberTable<byte[]>(known, []);
        _seeds = new NumberTable<ulong>(known.Select(store => (store.Number, EventKeys.SeedOf(store.Id))), 0);
        foreach (var (number, _) in known)
        {
            _bySeed.Add(_seeds[number], number);
        }
    }

    /// <summary>Returns the id of a store.</summary>
    public ReadOnlySpan<byte> IdOf(int store) => _ids[store];

    /// <summary>Returns the key seed of a store.</summary>
    public ulong SeedOf(int store) => _seeds[store];

    /// <summary>Returns the number of the store with this id.</summary>
    /// <exception cref="JournalException"><c>journal_store</c>: there is none.</exception>
    public int NumberOf(ReadOnlySpan<byte> id) =>
        _bySeed.TryGetValue(EventKeys.SeedOf(id), out var number) && id.SequenceEqual(_ids[number])
            ? number
            : throw new JournalException("journal_store",
                $"The journal has events of the store '{Encoding.UTF8.GetString(id)}', which has no number in the data folder. "
                + "Start once with the stores of the last run, in the same order; then remove what is no longer needed.");
}
