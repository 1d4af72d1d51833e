namespace CartRecovery.Engine.Events.Json;

/// <summary>Recognises the batches of other tools, which wrap the array of events in an object: <c>{"events":[…]}</c>.</summary>
public static class JsonBatch
{
    // The wrapper is a level of its own.
    const int ArrayDepth = JsonSyntax.MaxDepth - 1;

    /// <summary>Unwraps a batch. Never throws.</summary>
    /// <param name="json">The message. Need not be valid UTF-8.</param>
    /// <returns>The array; the message as it is if it is anything else, valid or not.</returns>
    public static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> json)
    {
        var at = Next(json, JsonTokens.SkipSpace(json, 0), (byte)'{');
        var name = at;
        at = at == JsonSyntax.None ? at : JsonSyntax.EndOfString(json, at);
        if (at == JsonSyntax.None || !IsEvents(json[(name + 1)..(at - 1)]))
        {
            return json;
        }

        var start = Next(json, JsonTokens.SkipSpace(json, at), (byte)':');
        if (start == JsonSyntax.None || start == json.Length || json[start] != '[')
        {
            return json;
        }

        var end = JsonSyntax.EndOfValue(json, start, ArrayDepth);
        return end != JsonSyntax.None && Next(json, JsonTokens.SkipSpace(json, end), (byte)'}') == json.Length ? json[start..end] : json;
    }

    // The offset of what follows a byte.
    static int Next(ReadOnlySpan<byte> json, int at, byte expected) =>
        at < json.Length && json[at] == expected ? JsonTokens.SkipSpace(json, at + 1) : JsonSyntax.None;

    static bool IsEvents(ReadOnlySpan<byte> raw)
    {
        Span<byte> name = stackalloc byte[16];
        var length = JsonText.Unescape(raw, name);
        return length > 0 && name[..length].SequenceEqual("events"u8);
    }
}
