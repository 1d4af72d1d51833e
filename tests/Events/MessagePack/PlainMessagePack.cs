using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace CartRecovery.Tests.Events.MessagePack;

/// <summary>
/// Reference implementation of MessagePack as a tree of objects: null, bool, <see cref="BigInteger"/>, float, double, <see
/// cref="PlainText"/>, byte[] (binary), <see cref="PlainExtension"/>, <see cref="List{T}"/> (array) and <see cref="PlainMap"/>.
/// </summary>
static class PlainMessagePack
{
    /// <summary>Reads one value.</summary>
    /// <exception cref="FormatException">The bytes are not valid MessagePack.</exception>
    public static object? Read(byte[] bytes, ref int at)
    {
        var first = Take(bytes, ref at, 1)[0];
        switch (first)
        {
            case <= 0x7f:
                return new BigInteger(first);
            case <= 0x8f:
                return Map(bytes, ref at, (uint)first - 0x80);
            case <= 0x9f:
                return Array(bytes, ref at, (uint)first - 0x90);
            case <= 0xbf:
                return new PlainText(Take(bytes, ref at, (uint)first - 0xa0));
            case 0xc0:
                return null;
            case 0xc2:
                return false;
            case 0xc3:
                return true;
            case 0xc4 or 0xc5 or 0xc6:
                return Take(bytes, ref at, Length(bytes, ref at, 1 << (first - 0xc4)));
            case 0xc7 or 0xc8 or 0xc9:
                return Extension(bytes, ref at, Length(bytes, ref at, 1 << (first - 0xc7)));
            case 0xca:
                return BinaryPrimitives.ReadSingleBigEndian(Take(bytes, ref at, 4));
            case 0xcb:
                return BinaryPrimitives.ReadDoubleBigEndian(Take(bytes, ref at, 8));
            case 0xcc or 0xcd or 0xce or 0xcf:
                return new BigInteger(Take(bytes, ref at, 1u << (first - 0xcc)), isUnsigned: true, isBigEndian: true);
            case 0xd0 or 0xd1 or 0xd2 or 0xd3:
                return new BigInteger(Take(bytes, ref at, 1u << (first - 0xd0)), isUnsigned: false, isBigEndian: true);
            case 0xd4 or 0xd5 or 0xd6 or 0xd7 or 0xd8:
                return Extension(bytes, ref at, 1u << (first - 0xd4));
            case 0xd9 or 0xda or 0xdb:
                return new PlainText(Take(bytes, ref at, Length(bytes, ref at, 1 << (first - 0xd9))));
            case 0xdc or 0xdd:
                return Array(bytes, ref at, Length(bytes, ref at, 2 << (first - 0xdc)));
            case 0xde or 0xdf:
                return Map(bytes, ref at, Length(bytes, ref at, 2 << (first - 0xde)));
            case >= 0xe0:
                return new BigInteger(first - 256);
            default:
                throw new FormatException("0xc1 is unused");
        }
    }

    /// <summary>Reads a single value with nothing after it.</summary>
    public static object? Read(byte[] bytes)
    {
        var at = 0;
        var value = Read(bytes, ref at);
        return at == bytes.Length ? value : throw new FormatException("trailing bytes");
    }

    /// <summary>Converts a value to JSON.</summary>
    /// <param name="value">The value.</param>
    /// <param name="levels">The maximum nesting of arrays and maps.</param>
    /// <exception cref="PlainProblem">The value has no JSON representation.</exception>
    public static string Json(object? value, int levels = 1000)
    {
        if (value is List<object?> or PlainMap && levels == 0)
        {
            throw new PlainProblem("invalid_event");
        }

        return value switch
        {
            null => "null",
            bool truth => truth ? "true" : "false",
            float number => float.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "null",
            double number => double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "null",
            BigInteger number => number.ToString(CultureInfo.InvariantCulture),
            PlainText text => Json(text),
            byte[] bytes => $"\"{Convert.ToBase64String(bytes)}\"",
            PlainExtension extension => $"\"{extension.Time ?? throw new PlainProblem("invalid_event")}\"",
            List<object?> array => $"[{string.Join(',', array.Select(element => Json(element, levels - 1)))}]",
            PlainMap map => $"{{{string.Join(',', map.Pairs.Select(pair => $"{Name(pair.Name)}:{Json(pair.Value, levels - 1)}"))}}}",
            _ => throw new InvalidOperationException($"{value.GetType()} is not a MessagePack value"),
        };
    }

    /// <summary>Converts a map key to a JSON name.</summary>
    public static string Name(object? name) => name is PlainText text ? Json(text) : throw new PlainProblem("invalid_event");

    static string Json(PlainText text)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text.Content ?? throw new PlainProblem("invalid_utf8"))
        {
            var letter = "\"\\\b\f\n\r\t".IndexOf(c);
            if (letter >= 0)
            {
                json.Append('\\').Append("\"\\bfnrt"[letter]);
            }
            else if (c < ' ')
            {
                json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                json.Append(c);
            }
        }

        return json.Append('"').ToString();
    }

    static byte[] Take(byte[] bytes, ref int at, uint count)
    {
        if (count > bytes.Length - at)
        {
            throw new FormatException("unexpected end");
        }

        var taken = bytes[at..(at + (int)count)];
        at += (int)count;
        return taken;
    }

    static uint Length(byte[] bytes, ref int at, int size) => (uint)new BigInteger(Take(bytes, ref at, (uint)size), isUnsigned: true, isBigEndian: true);

    static PlainExtension Extension(byte[] bytes, ref int at, uint length) => new((sbyte)Take(bytes, ref at, 1)[0], Take(bytes, ref at, length));

    static List<object?> Array(byte[] bytes, ref int at, uint count)
    {
        var array = new List<object?>();
        for (var i = 0u; i < count; i++)
        {
            array.Add(Read(bytes, ref at));
        }

        return array;
    }

    static PlainMap Map(byte[] bytes, ref int at, uint count)
    {
        var map = new PlainMap([]);
        for (var i = 0u; i < count; i++)
        {
            map.Pairs.Add((Read(bytes, ref at), Read(bytes, ref at)));
        }

        return map;
    }
}

/// <summary>A map's pairs in order, including duplicates.</summary>
sealed record PlainMap(List<(object? Name, object? Value)> Pairs);

/// <summary>A text, possibly invalid.</summary>
sealed record PlainText(byte[] Bytes)
{
    static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Null if the bytes are not UTF-8.</summary>
    public string? Content
    {
        get
        {
            try
            {
                return s_strict.GetString(Bytes);
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }
}

/// <summary>An extension value.</summary>
sealed record PlainExtension(sbyte Type, byte[] Bytes)
{
    /// <summary>Seconds since 1970 and nanoseconds; null if it is not a timestamp.</summary>
    public (BigInteger Seconds, uint Nanoseconds)? Stamp
    {
        get
        {
            BigInteger Whole(int from, int to, bool isUnsigned) => new(Bytes[from..to], isUnsigned, isBigEndian: true);
            var stamp = (Type, Bytes.Length) switch
            {
                (-1, 4) => (Whole(0, 4, isUnsigned: true), 0u),
                (-1, 8) => (Whole(0, 8, isUnsigned: true) & ((BigInteger.One << 34) - 1), (uint)(Whole(0, 8, isUnsigned: true) >> 34)),
                (-1, 12) => (Whole(4, 12, isUnsigned: false), (uint)Whole(0, 4, isUnsigned: true)),
                _ => (BigInteger.Zero, uint.MaxValue),
            };
            return stamp.Item2 < 1_000_000_000 ? stamp : null;
        }
    }

    /// <summary>The timestamp as RFC 3339; null if out of range.</summary>
    public string? Time
    {
        get
        {
            if (Stamp is not { } stamp || stamp.Seconds < -62_135_596_800 || stamp.Seconds > 253_402_300_799)
            {
                return null;
            }

            var moment = DateTimeOffset.UnixEpoch.AddTicks((long)stamp.Seconds * TimeSpan.TicksPerSecond);
            return moment.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + (stamp.Nanoseconds == 0 ? "Z" : $".{stamp.Nanoseconds:D9}Z");
        }
    }
}

/// <summary>The error code of an unusable event.</summary>
sealed class PlainProblem(string code) : Exception(code)
{
    public string Code => Message;
}
