using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Privacy;

/// <summary>Reads people's data in the journals. Thread-safe.</summary>
/// <param name="open">Opens the partitions' journals read-only; returns none without journals.</param>
/// <param name="keys">Decrypts personal data; <see langword="null"/> without encryption.</param>
public sealed class PersonJournal(Func<IReadOnlyList<JournalView>> open, KeyVault? keys)
{
    const int EventsPerLook = 4096;

    /// <summary>
    /// Finds the carts in which users were signed in, and the keys of the orders that the shop's servers reported for them. Reads the journals once for all.
    /// </summary>
    /// <param name="users">The users: the store's number, and the customer's key.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>What is found, in the order of the users.</returns>
    /// <exception cref="Journal.JournalException">A journal cannot be read.</exception>
    public IReadOnlyList<(IReadOnlyCollection<string> Carts, IReadOnlyCollection<string> Orders)> Find(IReadOnlyList<(int Store, Hash128 Customer)> users, CancellationToken cancellation)
    {
        var found = users.Distinct().ToDictionary(user => user, _ => (Carts: new HashSet<string>(StringComparer.Ordinal), Orders: new HashSet<string>(StringComparer.Ordinal)));
        foreach (var journal in open())
        {
            using var events = new JournalEvents(journal, TimeRange.Everything, keys);
            for (var looked = 0; events.TryNext(); looked++)
            {
                if (looked % EventsPerLook == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                ref readonly var record = ref events.Current;
                if (record.Customer == default || !found.TryGetValue((record.Store, record.Customer), out var theirs))
                {
                    continue;
                }

                if (theirs.Carts.Count < PersonRows.MaxCarts && !record.HasNoCart)
                {
                    theirs.Carts.Add(Encoding.UTF8.GetString(events.Slab.CartOf(record)));
                }

                if (EventTypes.Has(record.Type, EventTraits.ChangesHistory) && theirs.Orders.Count < PersonRows.MaxCarts && OrderId.TextOf(events.Slab.PlainMetaOf(record)) is { } order)
                {
                    theirs.Orders.Add($"o:{order}");
                }
            }
        }

        return [.. users.Select(user => ((IReadOnlyCollection<string>)found[user].Carts, (IReadOnlyCollection<string>)found[user].Orders))];
    }

    /// <summary>Reads the users that events name.</summary>
    /// <param name="onUser">Receives a store's number and a user's id, in UTF-8. A user occurs once for each event.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="Journal.JournalException">A journal cannot be read.</exception>
    internal void ReadUsers(Action<int, ReadOnlySpan<byte>> onUser, CancellationToken cancellation)
    {
        foreach (var journal in open())
        {
            using var events = new JournalEvents(journal, TimeRange.Everything, keys);
            for (var looked = 0; events.TryNext(); looked++)
            {
                if (looked % EventsPerLook == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                var user = events.Slab.UserOf(events.Current);
                if (!user.IsEmpty)
                {
                    onUser(events.Current.Store, user);
                }
            }
        }
    }

    /// <summary>Reads the events that name a person, and anonymous ones in their carts, partition by partition.</summary>
    /// <param name="store">The person's store.</param>
    /// <param name="person">The person.</param>
    /// <param name="locked">Receives the number of events, of all people, whose personal data cannot be decrypted.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>Functions that write one event each. Valid until the next one is read.</returns>
    /// <exception cref="Journal.JournalException">A journal cannot be read.</exception>
    internal IEnumerable<Action<Utf8JsonWriter>> Events(Store store, Person person, Action<long> locked, CancellationToken cancellation)
    {
        foreach (var journal in open())
        {
            using var events = new JournalEvents(journal, TimeRange.Everything, keys);
            for (var looked = 0; events.TryNext(); looked++)
            {
                if (looked % EventsPerLook == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                if (IsOf(events.Current, store.Number, person))
                {
                    yield return json => EventJson.Write(json, events.Slab, events.Current, store.IdUtf8, store.Ids);
                }
            }

            locked(events.Locked);
        }
    }

    static bool IsOf(in EventRecord record, int store, Person person) =>
        record.Store == store && (record.Customer == person.Customer || (record.Customer == default && person.CartKeys.Contains(record.Cart)));
}
