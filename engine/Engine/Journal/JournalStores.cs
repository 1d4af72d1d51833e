using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>The stores as the journal refers to them: by id, so that a block can be read without the registry of numbers. Thread-safe.</summary>
public sealed class JournalStores
{
    volatile Content _content;

    /// <param name="ids">The stores' ids in UTF-8, numbered from 0. Their events' keys depend on no secret.</param>
    public JournalStores(params IEnumerable<byte[]> ids)
        : this(ids.Select((id, number) => (number, id, new IdHasher(id))))
    {
    }

    /// <param name="stores">The stores.</param>
    public JournalStores(StoreTable stores)
        : this(stores.Select(store => (store.Number, store.IdUtf8, store.Ids)))
    {
    }

    JournalStores(IEnumerable<(int Number, byte[] Id, IdHasher Ids)> stores) => _content = new Content([.. stores]);

    /// <summary>Takes over stores that were added. Call before the first event of one.</summary>
    public void SetStores(StoreTable stores) => _content = new Content([.. stores.Select(store => (store.Number, store.IdUtf8, store.Ids))]);

    /// <summary>Returns the id of a store.</summary>
    public ReadOnlySpan<byte> IdOf(int store) => _content.Ids[store];

    /// <summary>Returns what derives the keys of a store's events.</summary>
    public IdHasher IdsOf(int store) => _content.Hashers[store];

    /// <summary>Returns the number of the store with this id.</summary>
    /// <exception cref="JournalException"><c>journal_store</c>: there is none.</exception>
    public int NumberOf(ReadOnlySpan<byte> id) =>
        _content is var content && content.ById.TryGetValue(Hash128.Of(id, seed: 0).Low, out var number) && id.SequenceEqual(content.Ids[number])
            ? number
            : throw new JournalException("journal_store",
                $"The journal has events of the store '{Encoding.UTF8.GetString(id)}', which has no number in the data folder. "
                + "Start once with the stores of the last run, in the same order; then remove what is no longer needed.");

    sealed class Content
    {
        public readonly NumberTable<byte[]> Ids;
        public readonly NumberTable<IdHasher> Hashers;
        public readonly Dictionary<ulong, int> ById = [];

        public Content((int Number, byte[] Id, IdHasher Ids)[] stores)
        {
            Ids = new NumberTable<byte[]>(stores.Select(store => (store.Number, store.Id)), []);
            Hashers = new NumberTable<IdHasher>(stores.Select(store => (store.Number, store.Ids)), new IdHasher([]));
            foreach (var (number, id, _) in stores)
            {
                ById.Add(Hash128.Of(id, seed: 0).Low, number);
            }
        }
    }
}
