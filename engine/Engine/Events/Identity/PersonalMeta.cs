namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// Decides which events' meta holds personal data: all of <c>identify</c>, and any with what looks like an address or an international
/// telephone number, or with seven digits or more in a field that is named for a telephone.
/// </summary>
public static class PersonalMeta
{
    /// <summary>Returns whether the meta is encrypted before it is stored.</summary>
    /// <param name="type">The event's type.</param>
    /// <param name="meta">A JSON object.</param>
    public static bool Is(EventType type, ReadOnlySpan<byte> meta) =>
        type == EventType.Identify || (meta.IndexOfAny((byte)'@', (byte)'+', (byte)'\\') >= 0 && HasAddress(meta)) || NamesNumber(meta);

    /// <summary>
    /// Returns whether a field of a JSON text is named for a telephone (<c>phone</c>, <c>mobileNumber</c>, <c>tel</c>) and holds a number,
    /// which may be a national one.
    /// </summary>
    /// <param name="json">Fields, separated by commas.</param>
    public static bool NamesNumber(ReadOnlySpan<byte> json) =>
        json.ContainsAnyInRange((byte)'0', (byte)'9') && (HasField(json, "hone"u8) || HasField(json, "obil"u8) || HasField(json, "\"tel"u8));

    static bool HasField(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        while (json.IndexOf(name) is var at and >= 0)
        {
            json = json[(at + name.Length)..];
            var end = json.IndexOf((byte)'"');
            if (end < 0)
            {
                return false;
            }

            var value = json[(end + 1)..].TrimStart(" \t\r\n"u8);
            if (value is [(byte)':', .. var rest] && SealedIds.DigitsAfter(rest.TrimStart(" \t\r\n\""u8)) >= SealedIds.MinDigits)
            {
                return true;
            }
        }

        return false;
    }

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
