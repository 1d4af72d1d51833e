using System.Buffers;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>Reads which cart a <c>cart_merged</c> event says went into its own: <c>mergedFrom</c>, or what other tools call it.</summary>
static class MergedCart
{
    /// <summary>Returns what is wrong with the cart that an event names.</summary>
    /// <param name="meta">The event's meta.</param>
    /// <param name="cart">The event's own cart, as it is kept.</param>
    /// <param name="ids">The store's ids.</param>
    /// <param name="refusesMasked">Whether a masked id is refused.</param>
    public static EventProblem Check(MetaText meta, ReadOnlySpan<byte> cart, IdHasher ids, bool refusesMasked)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(meta.Length, 1));
        try
        {
            var json = bytes.AsSpan(0, meta.Length);
            if (meta.Length > 0)
            {
                meta.CopyTo(json);
            }

            return Read(json) is not { Length: > 0 } from ? new(EventErrorCode.MissingField, "'mergedFrom' is missing; cart_merged needs the cart that went into cartId")
                : from.Length > EventSlab.MaxSentIdLength ? new(EventErrorCode.IdTooLong, "'mergedFrom' is longer than 256 bytes of UTF-8")
                : refusesMasked && MaskedIdText.IsMasked(from) ? new(EventErrorCode.MaskedId,
                    "'mergedFrom' is a masked id, which the API shows to those who may not see personal data; send the id itself")
                : PlaceholderIds.Contains(from) ? new(EventErrorCode.PlaceholderId, "'mergedFrom' is what programs write where an id is missing; send the real one")
                : ids.StoredForm(from).AsSpan().SequenceEqual(cart) ? new(EventErrorCode.OutOfRange, "'mergedFrom' must be another cart than cartId")
                : default;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Returns the id of the cart that went into the event's, as it is kept; <see langword="null"/> if there is none.</summary>
    /// <param name="meta">The event's meta.</param>
    /// <param name="ids">The store's ids.</param>
    public static byte[]? Of(ReadOnlySpan<byte> meta, IdHasher ids) =>
        Read(meta) is { Length: > 0 and <= EventSlab.MaxSentIdLength } from && !PlaceholderIds.Contains(from) ? ids.StoredForm(from) : null;

    static byte[]? Read(ReadOnlySpan<byte> meta)
    {
        if (meta.IsEmpty)
        {
            return null;
        }

        byte[]? found = null;
        try
        {
            var reader = new Utf8JsonReader(meta);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isFrom = reader.ValueTextEquals("mergedFrom"u8) || reader.ValueTextEquals("merged_from"u8) || reader.ValueTextEquals("fromCartId"u8)
                    || reader.ValueTextEquals("from_cart_id"u8);
                reader.Read();
                found = !isFrom ? found
                    : reader.TokenType == JsonTokenType.String ? Encoding.UTF8.GetBytes(reader.GetString()!)
                    : reader.TokenType == JsonTokenType.Number ? Encoding.UTF8.GetBytes(NumberText.Of(reader.ValueSpan))
                    : null;
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair: no text.
            return null;
        }

        return found;
    }
}
