using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>Checks a <c>consent</c> event: one that grants or refuses nothing is refused, instead of being without effect.</summary>
static class ConsentRules
{
    /// <summary>Returns what is wrong with a consent.</summary>
    /// <param name="meta">The event's meta; of duplicate names the last one counts.</param>
    /// <param name="now">When it was received, in milliseconds since 1970 UTC.</param>
    public static EventProblem Check(MetaText meta, long now)
    {
        if (meta.Length == 0)
        {
            return Check(ReadOnlySpan<byte>.Empty, now);
        }

        var bytes = ArrayPool<byte>.Shared.Rent(meta.Length);
        try
        {
            meta.CopyTo(bytes.AsSpan(0, meta.Length));
            return Check(bytes.AsSpan(0, meta.Length), now);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }
    }

    /// <summary>Reads whether a consent is granted: a Boolean, also as text or as 0 and 1, because a withdrawal must not be lost.</summary>
    /// <returns><see langword="null"/> if it is none of them.</returns>
    public static bool? FlagOf(in Utf8JsonReader value) => value.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Number => value.TryGetInt32(out var number) && number is 0 or 1 ? number == 1 : null,
        JsonTokenType.String => value.GetString() switch
        {
            "0" => false,
            "1" => true,
            var text => bool.TryParse(text, out var flag) ? flag : null,
        },
        _ => null,
    };

    static EventProblem Check(ReadOnlySpan<byte> meta, long now)
    {
        var (channel, hasGranted, granted, expires) = ((string?)null, false, (bool?)null, default(MetaTime));
        try
        {
            var reader = new Utf8JsonReader(meta);
            var isObject = !meta.IsEmpty && reader.Read();
            while (isObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isChannel, isGranted, isExpires) = (reader.ValueTextEquals("channel"u8), reader.ValueTextEquals("granted"u8),
                    reader.ValueTextEquals("expiresAt"u8));
                reader.Read();
                channel = !isChannel ? channel
                    : reader.TokenType == JsonTokenType.String ? reader.GetString()!.Trim() : reader.TokenType == JsonTokenType.Null ? null : "?";
                (hasGranted, granted) = isGranted ? (reader.TokenType != JsonTokenType.Null, FlagOf(reader)) : (hasGranted, granted);
                expires = isExpires ? MetaTime.Read(reader, now) : expires;
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A text has half a surrogate pair.
            return new(EventErrorCode.WrongType, "'meta' of a consent has a text with an unpaired surrogate escape");
        }

        return channel is null or ""
            ? new(EventErrorCode.MissingField, "'channel' is missing; a consent needs channel (email, sms or push) and granted")
            : !hasGranted ? new(EventErrorCode.MissingField, "'granted' is missing; a consent needs channel and granted (true or false)")
            : !IsChannel(channel) ? new(EventErrorCode.OutOfRange, "'channel' must be email, sms or push")
            : granted is null ? new(EventErrorCode.WrongType, "'granted' must be true or false")
            : granted == true && expires.Problem is { } problem ? new(EventErrorCode.InvalidTimestamp, $"'expiresAt' {problem}")
            : default;
    }

    static bool IsChannel(string channel) =>
        channel.Equals("email", StringComparison.OrdinalIgnoreCase) || channel.Equals("sms", StringComparison.OrdinalIgnoreCase)
            || channel.Equals("push", StringComparison.OrdinalIgnoreCase);
}
