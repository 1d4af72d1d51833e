using System.Globalization;
using System.Text;

namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>Splits a query into tokens. The longest token wins; comments run from <c>#</c> to the end of the line.</summary>
sealed class PromLexer(string text)
{
    static readonly string[] s_symbols =
        ["==", "!=", "<=", ">=", "=~", "!~", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}", "[", "]", ",", ":", "@"];

    int _at;

    /// <summary>Reads all tokens; the last one is the end.</summary>
    public List<PromToken> Read()
    {
        var tokens = new List<PromToken>();
        do
        {
            SkipSpace();
            tokens.Add(Next(inBrackets: IsInBrackets(tokens)));
        }
        while (tokens[^1].Kind != PromTokenKind.End);

        return tokens;
    }

    // In [5m:1m] a colon separates; elsewhere it belongs to a name.
    static bool IsInBrackets(List<PromToken> tokens) => tokens.FindLastIndex(t => t.Is("[")) > tokens.FindLastIndex(t => t.Is("]"));

    void SkipSpace()
    {
        for (; _at < text.Length && (text[_at] is ' ' or '\t' or '\n' or '\r' or '#'); _at++)
        {
            if (text[_at] == '#')
            {
                _at = text.IndexOf('\n', _at) is >= 0 and var end ? end : text.Length - 1;
            }
        }
    }

    PromToken Next(bool inBrackets)
    {
        if (_at >= text.Length)
        {
            return new PromToken(PromTokenKind.End, "", text.Length);
        }

        var (start, c) = (_at, text[_at]);
        if (c is '"' or '\'' or '`')
        {
            return new PromToken(PromTokenKind.String, ReadString(c), start);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1])))
        {
            return ReadNumber();
        }

        if (char.IsAsciiLetter(c) || c == '_' || (c == ':' && !inBrackets))
        {
            for (; _at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_' || (text[_at] == ':' && !inBrackets)); _at++)
            {
            }

            var word = text[start.._at];
            var isNumber = word.Equals("inf", StringComparison.OrdinalIgnoreCase) || word.Equals("nan", StringComparison.OrdinalIgnoreCase);
            return new PromToken(isNumber ? PromTokenKind.Number : PromTokenKind.Identifier, word, start);
        }

        foreach (var symbol in s_symbols)
        {
            if (string.CompareOrdinal(text, _at, symbol, 0, symbol.Length) == 0)
            {
                _at += symbol.Length;
                return new PromToken(PromTokenKind.Symbol, symbol, start);
            }
        }

        throw new PromQlException(text, start, $"unexpected character: '{c}'");
    }

    PromToken ReadNumber()
    {
        var start = _at;
        if (text[_at] == '0' && _at + 1 < text.Length && text[_at + 1] is 'x' or 'X')
        {
            for (_at += 2; _at < text.Length && char.IsAsciiHexDigit(text[_at]); _at++)
            {
            }
        }
        else
        {
            SkipDigits();
            if (_at < text.Length && "smhdwy".Contains(text[_at]))
            {
                return ReadDuration(start);
            }

            if (_at < text.Length && text[_at] == '.')
            {
                _at++;
                SkipDigits();
            }

            if (_at < text.Length && text[_at] is 'e' or 'E')
            {
                _at += _at + 1 < text.Length && text[_at + 1] is '+' or '-' ? 2 : 1;
                SkipDigits();
            }
        }

        if (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '.'))
        {
            throw new PromQlException(text, start, $"bad number or duration syntax: \"{text[start..(_at + 1)]}\"");
        }

        return new PromToken(PromTokenKind.Number, text[start.._at], start);
    }

    PromToken ReadDuration(int start)
    {
        for (; _at < text.Length && char.IsAsciiLetterOrDigit(text[_at]); _at++)
        {
        }

        return new PromToken(PromTokenKind.Duration, text[start.._at], start);
    }

    void SkipDigits()
    {
        for (; _at < text.Length && char.IsAsciiDigit(text[_at]); _at++)
        {
        }
    }

    string ReadString(char quote)
    {
        var start = _at++;
        if (quote == '`')
        {
            var end = text.IndexOf('`', _at);
            if (end < 0)
            {
                throw new PromQlException(text, start, "unterminated raw string");
            }

            var raw = text[_at..end];
            _at = end + 1;
            return raw;
        }

        var value = new StringBuilder();
        for (; _at < text.Length && text[_at] != quote && text[_at] != '\n'; _at++)
        {
            if (text[_at] == '\\' && _at + 1 < text.Length)
            {
                _at++;
                AppendEscape(value, quote);
            }
            else
            {
                value.Append(text[_at]);
            }
        }

        if (_at >= text.Length || text[_at] == '\n')
        {
            throw new PromQlException(text, start, "unterminated quoted string");
        }

        _at++;
        return value.ToString();
    }

    // Go's escapes. Stays on the escape's last character.
    void AppendEscape(StringBuilder value, char quote)
    {
        var c = text[_at];
        switch (c)
        {
            case 'x':
                value.Append((char)ReadCode(1, 2, 16));
                break;
            case 'u':
                value.Append((char)ReadCode(1, 4, 16));
                break;
            case 'U' when Rune.TryCreate(ReadCode(1, 8, 16), out var rune):
                value.Append(rune.ToString());
                break;
            case >= '0' and <= '7':
                value.Append((char)ReadCode(0, 3, 8));
                break;
            default:
                var known = "abfnrtv\\".IndexOf(c);
                if (known < 0 && c != quote)
                {
                    throw new PromQlException(text, _at - 1, $"unknown escape sequence '\\{c}'");
                }

                value.Append(known < 0 ? c : "\a\b\f\n\r\t\v\\"[known]);
                break;
        }
    }

    int ReadCode(int skip, int digits, int radix)
    {
        var start = _at + skip;
        if (start + digits > text.Length)
        {
            throw new PromQlException(text, _at - 1, "incomplete escape sequence");
        }

        var code = 0L;
        foreach (var c in text.AsSpan(start, digits))
        {
            if (!char.IsAsciiHexDigit(c) || (radix == 8 && c is < '0' or > '7'))
            {
                throw new PromQlException(text, _at - 1, "invalid escape sequence");
            }

            code = (code * radix) + int.Parse([c], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        _at = start + digits - 1;
        return (int)Math.Min(code, int.MaxValue);
    }
}
