namespace CartRecovery.Engine.Events.Json;

/// <summary>
/// Checks the syntax of JSON (RFC 8259) and finds where values end. Accepts exactly what the framework's reader accepts, which throws for
/// anything else: whoever checks first reads a malformed message at no more than the cost of a valid one. Never allocates or throws.
/// </summary>
static class JsonSyntax
{
    /// <summary>Result for a malformed value.</summary>
    public const int None = JsonTokens.None;

    /// <summary>Maximum depth of nesting: the framework's default. One bit per level fits a 64-bit integer.</summary>
    public const int MaxDepth = 64;

    /// <summary>Returns whether a text is one value and white space.</summary>
    public static bool IsValue(ReadOnlySpan<byte> json)
    {
        var end = EndOfValue(json, JsonTokens.SkipSpace(json, 0));
        return end != None && JsonTokens.SkipSpace(json, end) == json.Length;
    }

    /// <summary>Finds the end of a value.</summary>
    /// <param name="json">The text. Need not be valid UTF-8.</param>
    /// <param name="at">The offset of the value's first byte.</param>
    /// <param name="maxDepth">Maximum depth of nesting, from 1 to <see cref="MaxDepth"/>.</param>
    /// <returns>The offset after the value, or <see cref="None"/> if it is malformed or nested too deeply.</returns>
    public static int EndOfValue(ReadOnlySpan<byte> json, int at, int maxDepth = MaxDepth)
    {
        // One bit per open object or array, the innermost lowest: 1 for an object.
        var (open, depth) = (0UL, 0);
        while (true)
        {
            if ((uint)at >= (uint)json.Length)
            {
                return None;
            }

            var first = json[at];
            if (first is (byte)'{' or (byte)'[')
            {
                if (depth == maxDepth)
                {
                    return None;
                }

                var isObject = first == '{';
                at = JsonTokens.SkipSpace(json, at + 1);
                if (at >= json.Length || json[at] != (isObject ? '}' : ']'))
                {
                    open = (open << 1) | (isObject ? 1UL : 0);
                    depth++;
                    at = isObject ? EndOfName(json, at) : at;
                    if (at == None)
                    {
                        return None;
                    }

                    continue;
                }

                at++;
            }
            else
            {
                at = EndOfScalar(json, at);
                if (at == None)
                {
                    return None;
                }
            }

            // After a value: the ends of what it completes, then a comma and the next value.
            for (; depth > 0; depth--, open >>= 1)
            {
                at = JsonTokens.SkipSpace(json, at);
                if (at >= json.Length)
                {
                    return None;
                }

                if (json[at++] == ',')
                {
                    at = JsonTokens.SkipSpace(json, at);
                    at = (open & 1) != 0 ? EndOfName(json, at) : at;
                    break;
                }

                if (json[at - 1] != ((open & 1) != 0 ? '}' : ']'))
                {
                    return None;
                }
            }

            if (depth == 0 || at == None)
            {
                return at;
            }
        }
    }

    /// <summary>Finds the end of a value that is nested too deeply, by its brackets alone.</summary>
    /// <param name="json">The text. Need not be valid UTF-8.</param>
    /// <param name="at">The offset of the value's first byte.</param>
    /// <param name="maxDepth">Maximum depth of nesting.</param>
    /// <returns>The offset after the value, or <see cref="None"/> if it is not nested deeper, or has no end.</returns>
    public static int EndOfDeepValue(ReadOnlySpan<byte> json, int at, int maxDepth)
    {
        var (depth, deepest) = (0, 0);
        while (at < json.Length)
        {
            var next = json[at];
            if (next == '"')
            {
                at = EndOfString(json, at);
                if (at == None)
                {
                    return None;
                }

                continue;
            }

            at++;
            if (next is (byte)'{' or (byte)'[')
            {
                deepest = Math.Max(deepest, ++depth);
            }
            else if (next is (byte)'}' or (byte)']' && --depth <= 0)
            {
                return depth == 0 && deepest > maxDepth ? at : None;
            }
        }

        return None;
    }

    /// <summary>Finds the end of a string.</summary>
    /// <param name="json">The text.</param>
    /// <param name="at">The offset of the opening quote.</param>
    /// <returns>The offset after the closing quote, or <see cref="None"/> if it is malformed.</returns>
    public static int EndOfString(ReadOnlySpan<byte> json, int at)
    {
        if (at >= json.Length || json[at] != '"')
        {
            return None;
        }

        var end = JsonTokens.EndOfString(json, at + 1);
        return end == JsonTokens.None ? EndOfEscapedString(json, at + 1) : end + 1;
    }

    static int EndOfEscapedString(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length)
        {
            var next = json[at++];
            if (next == '"')
            {
                return at;
            }

            if (next < ' ')
            {
                return None;
            }

            if (next == '\\')
            {
                at = EndOfEscape(json, at);
                if (at == None)
                {
                    return None;
                }
            }
        }

        return None;
    }

    static int EndOfEscape(ReadOnlySpan<byte> json, int at)
    {
        const int Digits = 4;
        if (at >= json.Length)
        {
            return None;
        }

        if (json[at] != 'u')
        {
            return "\"\\/bfnrt"u8.Contains(json[at]) ? at + 1 : None;
        }

        var digits = json.Slice(at + 1, Math.Min(Digits, json.Length - at - 1));
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return None;
            }
        }

        return digits.Length == Digits ? at + 1 + Digits : None;
    }

    // Finds where the value of a member starts, from its name on.
    static int EndOfName(ReadOnlySpan<byte> json, int at)
    {
        var end = EndOfString(json, at);
        if (end == None)
        {
            return None;
        }

        end = JsonTokens.SkipSpace(json, end);
        return end < json.Length && json[end] == ':' ? JsonTokens.SkipSpace(json, end + 1) : None;
    }

    static int EndOfScalar(ReadOnlySpan<byte> json, int at) => json[at] switch
    {
        (byte)'"' => EndOfString(json, at),
        (byte)'t' => EndOfLiteral(json, at, "true"u8),
        (byte)'f' => EndOfLiteral(json, at, "false"u8),
        (byte)'n' => EndOfLiteral(json, at, "null"u8),
        _ => EndOfNumber(json, at),
    };

    static int EndOfLiteral(ReadOnlySpan<byte> json, int at, ReadOnlySpan<byte> literal) =>
        json[at..].StartsWith(literal) ? at + literal.Length : None;

    static int EndOfNumber(ReadOnlySpan<byte> json, int at)
    {
        at += json[at] == '-' ? 1 : 0;
        var from = at;
        if (!TrySkipDigits(json, ref at) || (json[from] == '0' && at - from > 1))
        {
            return None;
        }

        if (at < json.Length && json[at] == '.')
        {
            at++;
            if (!TrySkipDigits(json, ref at))
            {
                return None;
            }
        }

        if (at < json.Length && json[at] is (byte)'e' or (byte)'E')
        {
            at++;
            at += at < json.Length && json[at] is (byte)'+' or (byte)'-' ? 1 : 0;
            if (!TrySkipDigits(json, ref at))
            {
                return None;
            }
        }

        // The reader accepts a slash here, where a comment might begin, and rejects it as the next token.
        return at == json.Length || ",}] \n\r\t/"u8.Contains(json[at]) ? at : None;
    }

    // Returns false if there is no digit.
    static bool TrySkipDigits(ReadOnlySpan<byte> json, ref int at)
    {
        var from = at;
        while (at < json.Length && char.IsAsciiDigit((char)json[at]))
        {
            at++;
        }

        return at > from;
    }
}
