using System.Text;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>Finds people in a journal's entries, and creates payloads without them. Reusable. Not thread-safe.</summary>
/// <param name="people">The people; receive the carts that are found.</param>
sealed class EntryEraser(IReadOnlyList<ErasedIds> people)
{
    readonly EventBlockEraser _blocks = new();
    readonly (ErasedIds Ids, string Store)[] _people = [.. people.Select(person => (person, Encoding.UTF8.GetString(person.StoreId.Span)))];

    /// <summary>Adds the carts that an entry contains to the people whose they are.</summary>
    /// <exception cref="InvalidDataException">The entry's content is invalid.</exception>
    public void Find(in JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Events:
                _blocks.Find(entry.Payload.Span, people);
                break;
            case EntryKind.Erasure when ErasureEntry.Read(entry.Payload.Span) is var earlier:
                // An interrupted erasure may have removed the ids that named these carts.
                foreach (var person in people.Where(person => earlier.Store == person.Store && earlier.Customer == person.Customer))
                {
                    foreach (var cart in earlier.Carts)
                    {
                        person.AddCart(cart);
                    }
                }

                break;
        }
    }

    /// <summary>Creates the payload of an entry without the people.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="payload">The new payload, at most as long as the present one; valid until the next call.</param>
    /// <returns><see langword="false"/> if the entry contains nothing of them.</returns>
    /// <exception cref="InvalidDataException">The entry's content is invalid.</exception>
    public bool TryErase(in JournalEntry entry, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        switch (entry.Kind)
        {
            case EntryKind.Events:
                return _blocks.TryErase(entry.Payload.Span, people, out payload, entry.Padding);
            case EntryKind.Decisions or EntryKind.UndeliveredDecisions when MayBeIn(entry.Payload.Span, withKeys: false):
                var version = entry.Payload.Span[0];
                payload = EntryPayload.Without(entry.Payload, input => IsTheirs(DecisionCodec.Read(input, version)));
                break;
            case EntryKind.CustomerEvents when MayBeIn(entry.Payload.Span, withKeys: true):
                payload = EntryPayload.Without(entry.Payload,
                    input => CustomerEventCodec.Read(input) is var e && Encoding.UTF8.GetBytes(e.CartId) is var cart && people.Any(person => person.AreIn(e.Customer, cart)));
                break;
            case EntryKind.LegacyDecisions when entry.Payload.Length > 1:
                payload = (byte[])[entry.Payload.Span[0], .. LegacyDecisions.Without(entry.Payload.Span[1..], IsTheirs)];
                break;
            default:
                return false;
        }

        return payload.Length != entry.Payload.Length;
    }

    bool MayBeIn(ReadOnlySpan<byte> payload, bool withKeys)
    {
        foreach (var person in people)
        {
            if (person.MayBeIn(payload) || (withKeys && person.MayHaveKey(payload)))
            {
                return true;
            }
        }

        return false;
    }

    // Compares ids, not keys: archived journals may have other keys.
    bool IsTheirs(Decision decision)
    {
        var (user, cart) = (Encoding.UTF8.GetBytes(decision.Intervention.UserId ?? ""), Encoding.UTF8.GetBytes(decision.Intervention.CartId));
        return Array.Exists(_people, person => decision.Intervention.StoreId == person.Store && person.Ids.AreIn(user, cart));
    }
}
