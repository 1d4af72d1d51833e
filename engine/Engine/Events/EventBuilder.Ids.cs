using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events;

/// <content>Seals, shortens, ignores and rejects ids.</content>
sealed partial class EventBuilder
{
    EventField MaskedField(ReadOnlySpan<byte> message) => !Rules.RefusesMaskedIds ? EventField.Other
        : MaskedIdText.IsMasked(TextOf(EventField.UserId, message)) ? EventField.UserId
        : MaskedIdText.IsMasked(TextOf(EventField.CartId, message)) ? EventField.CartId : EventField.Other;

    // Shops make ids of carts of their customers' ids, too.
    bool NamesForgotten(ForgottenPeople forgotten, ReadOnlySpan<byte> message) =>
        IsForgotten(forgotten, TextOf(EventField.UserId, message)) || IsForgotten(forgotten, TextOf(EventField.CartId, message));

    // The engine's own events, such as those of links, have sealed ids; and a request may have named a hashed one.
    bool IsForgotten(ForgottenPeople forgotten, ReadOnlySpan<byte> id) => forgotten.Contains(Rules.StoreId, id)
        || (Rules.Ids.Sealed is not null && (SealedIds.MayBeSealed(id) || SealedIds.MayBeHashed(id)) && IsForgotten(forgotten, Encoding.UTF8.GetString(id)));

    bool IsForgotten(ForgottenPeople forgotten, string id) =>
        forgotten.Contains(Rules.StoreId, Encoding.UTF8.GetBytes(Rules.Ids.ShownForm(id))) || forgotten.Contains(Rules.StoreId, Encoding.UTF8.GetBytes(Rules.Ids.SealedForm(id)));

    void Seal(SealedIds ids, EventField field, ReadOnlySpan<byte> message)
    {
        if (SealedIds.IsAddress(TextOf(field, message)))
        {
            SetUnescapedId(field, ids.Seal(TextOf(field, message), RoomFor(field)));
        }
    }

    bool Ignore(EventField field, ReadOnlySpan<byte> message)
    {
        if (LengthOf(field) == 0 || !IsPlaceholder(field, message))
        {
            return false;
        }

        _ids[(int)field - 1] = default;
        return true;
    }

    void ShortenIds(ReadOnlySpan<byte> message)
    {
        for (var field = EventField.Id; field <= EventField.ProductId; field++)
        {
            if (LengthOf(field) > EventSlab.MaxIdLength)
            {
                SetUnescapedId(field, LongId.Shorten(TextOf(field, message), RoomFor(field)));
            }
        }
    }

    bool IsPlaceholder(EventField field, ReadOnlySpan<byte> message) => PlaceholderIds.Contains(TextOf(field, message));
}
