using System.Buffers;
using System.Text.Json;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>Checks the addresses of an <c>identify</c> event: one that nothing can be sent to is refused, instead of being without effect.</summary>
static class IdentifyRules
{
    /// <summary>Returns what is wrong with the addresses.</summary>
    /// <param name="meta">The event's meta; of duplicate names the last one counts.</param>
    /// <param name="country">The country of national phone numbers; <see langword="null"/> for none.</param>
    public static EventProblem Check(MetaText meta, string? country)
    {
        if (meta.Length == 0)
        {
            return default;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(meta.Length);
        try
        {
            meta.CopyTo(bytes.AsSpan(0, meta.Length));
            return Check(bytes.AsSpan(0, meta.Length), country);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A text has half a surrogate pair: no address.
            return e is JsonException ? default : new(EventErrorCode.InvalidAddress, "an address has an unpaired surrogate escape");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }
    }

    static EventProblem Check(ReadOnlySpan<byte> meta, string? country)
    {
        var (phone, email, isPhoneText, isEmailText) = ((string?)null, (string?)null, true, true);
        var reader = new Utf8JsonReader(meta);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isPhone, isEmail) = (reader.ValueTextEquals("phone"u8), reader.ValueTextEquals("email"u8));
            reader.Read();
            if (isPhone)
            {
                (phone, isPhoneText) = TextOf(reader);
            }
            else if (isEmail)
            {
                (email, isEmailText) = TextOf(reader);
            }

            reader.Skip();
        }

        return !isPhoneText || (phone is { Length: > 0 } && PhoneText.ToE164(phone, country) is null)
                ? new(EventErrorCode.InvalidAddress, country is null
                    ? "'phone' must be an international number like +31612345678; the store has no country for national ones (stores[].country)"
                    : $"'phone' must be a number like +31612345678, or a national one of {country}")
            : !isEmailText || (email is { Length: > 0 } && EmailText.Parse(email) is null)
                ? new(EventErrorCode.InvalidAddress, "'email' must be an address like jo@shop.example, and nothing else")
            : default;
    }

    static (string? Text, bool IsText) TextOf(in Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => (reader.GetString(), true),
        JsonTokenType.Null => (null, true),
        _ => (null, false),
    };
}
