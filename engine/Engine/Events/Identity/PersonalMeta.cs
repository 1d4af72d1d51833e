namespace CartRecovery.Engine.Events.Identity;

/// <summary>Decides which events' meta holds personal data: all of <c>identify</c>, and any with what looks like an address or a telephone number.</summary>
public static class PersonalMeta
{
    /// <summary>Returns whether the meta is encrypted before it is stored.</summary>
    /// <param name="type">The event's type.</param>
    /// <param name="meta">A JSON object.</param>
    public static bool Is(EventType type, ReadOnlySpan<byte> meta) =>
        type == EventType.Identify || (meta.IndexOfAny((byte)'@', (byte)'+', (byte)'\\') >= 0 && HasAddress(meta));

    // An e-mail address; a telephone number in international format, also within a text; either of them with escapes.
    static bool HasAddress(ReadOnlySpan<byte> meta) =>
        meta.Contains((byte)'@') || meta.IndexOf("\"+"u8) >= 0 || meta.IndexOf("\\u00"u8) >= 0 || HasNumber(meta);

    static bool HasNumber(ReadOnlySpan<byte> meta)
    {
        while (meta.IndexOf((byte)'+') is var plus and >= 0)
        {
            meta = meta[(plus + 1)..];
            if (SealedIds.DigitsAfter(meta) >= SealedIds.MinDigits)
            {
                return true;
            }
        }

        return false;
    }
}
