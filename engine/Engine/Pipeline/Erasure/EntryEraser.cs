using System.Text;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>Finds a person in a journal's entries, and creates payloads without the person. Reusable. Not thread-safe.</summary>
/// <param name="person">The person; receives the carts that are found.</param>
sealed class EntryEraser(ErasedIds person)
{
    readonly EventBlockEraser _blocks = new();
    readonly string _store = Encoding.UTF8.GetString(person.StoreId.Span);

    /// <summary>Adds the person's carts that an entry contains.</summary>
    /// <exception cref="InvalidDataException">The entry's content is invalid.</exception>
    public void Find(in JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Events:
                _blocks.Find(entry.Payload.Span, person);
                break;
            case EntryKind.Erasure when ErasureEntry.Read(entry.Payload.Span) is var earlier && earlier.Store == person.Store && earlier.Customer == person.Customer:
                // An interrupted erasure may have removed the ids that named these carts.
                foreach (var cart in earlier.Carts)
                {
                    person.AddCart(cart);
                }

                break;
        }
    }

    /// <summary>Creates the payload of an entry without the person.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="payload">The new payload, at most as long as the present one; valid until the next call.</param>
    /// <returns><see langword="false"/> if the entry contains nothing of the person.</returns>
    /// <exception cref="InvalidDataException">The entry's content is invalid.</exception>
    public bool TryErase(in JournalEntry entry, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        switch (entry.Kind)
        {
            case EntryKind.Events:
                return _blocks.TryErase(entry.Payload.Span, person, out payload, entry.Padding);
            case EntryKind.Decisions or EntryKind.UndeliveredDecisions when person.MayBeIn(entry.Payload.Span):
                var version = entry.Payload.Span[0];
                payload = EntryPayload.Without(entry.Payload, input => IsTheirs(DecisionCodec.Read(input, version)));
                break;
            case EntryKind.CustomerEvents when person.MayBeIn(entry.Payload.Span) || person.MayHaveKey(entry.Payload.Span):
                payload = EntryPayload.Without(entry.Payload, input => CustomerEventCodec.Read(input) is var e && person.AreIn(e.Customer, Encoding.UTF8.GetBytes(e.CartId)));
                break;
            case EntryKind.LegacyDecisions when entry.Payload.Length > 1:
                payload = (byte[])[entry.Payload.Span[0], .. LegacyDecisions.Without(entry.Payload.Span[1..], IsTheirs)];
                break;
            default:
                return false;
        }

        return payload.Length != entry.Payload.Length;
    }

    // Compares ids, not keys: archived journals may have other keys.
    bool IsTheirs(Decision decision) => decision.Intervention.StoreId == _store
        && person.AreIn(Encoding.UTF8.GetBytes(decision.Intervention.UserId ?? ""), Encoding.UTF8.GetBytes(decision.Intervention.CartId));
}
