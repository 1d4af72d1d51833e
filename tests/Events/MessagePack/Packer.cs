using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using MessagePack;

namespace CartRecovery.Tests.Events.MessagePack;

/// <summary>
/// Writes MessagePack that the package's writer cannot: invalid values and, with a random source, any equivalent encoding. Canonical
/// encodings are left to the package.
/// </summary>
sealed class Packer(Random? random = null)
{
    readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    /// <summary>Encodes a JSON text.</summary>
    public static byte[] Json(string json, Random? random = null)
    {
        using var document = JsonDocument.Parse(json);
        return random is null ? MessagePackSerializer.ConvertFromJson(json) : new Packer(random).Value(document.RootElement).Bytes;
    }

    /// <summary>An array of encoded values.</summary>
    public static byte[] Array(params IEnumerable<byte[]> packed)
    {
        var all = packed.ToArray();
        return [.. new Packer().Array(all.Length).Bytes, .. all.SelectMany(one => one)];
    }

    /// <summary>A length-prefixed message for TCP.</summary>
    public static byte[] Frame(byte[] message)
    {
        var frame = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, message.Length);
        message.CopyTo(frame, 4);
        return frame;
    }

    public Packer Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public Packer Nil() => Raw(0xc0);

    public Packer Map(int pairs) => Head(pairs, (15, 0x80, 0), (ushort.MaxValue, 0xde, 2), (uint.MaxValue, 0xdf, 4));

    public Packer Array(int elements) => Head(elements, (15, 0x90, 0), (ushort.MaxValue, 0xdc, 2), (uint.MaxValue, 0xdd, 4));

    public Packer Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    public Packer Text(byte[] text) =>
        Head(text.Length, (31, 0xa0, 0), (byte.MaxValue, 0xd9, 1), (ushort.MaxValue, 0xda, 2), (uint.MaxValue, 0xdb, 4)).Raw(text);

    public Packer Binary(byte[] bytes) =>
        Head(bytes.Length, (byte.MaxValue, 0xc4, 1), (ushort.MaxValue, 0xc5, 2), (uint.MaxValue, 0xc6, 4)).Raw(bytes);

    public Packer Extension(sbyte type, byte[] bytes)
    {
        if (BitOperations.IsPow2(bytes.Length) && bytes.Length <= 16 && (random is null || random.Next(2) == 0))
        {
            return Raw((byte)(0xd4 + BitOperations.Log2((uint)bytes.Length)), (byte)type).Raw(bytes);
        }

        return Head(bytes.Length, (byte.MaxValue, 0xc7, 1), (ushort.MaxValue, 0xc8, 2), (uint.MaxValue, 0xc9, 4)).Raw((byte)type).Raw(bytes);
    }

    /// <summary>A time in one of the timestamp lengths that can represent it.</summary>
    public Packer Timestamp(long seconds, uint nanoseconds)
    {
        var most = seconds is >= 0 and <= uint.MaxValue && nanoseconds == 0 ? 0 : seconds is >= 0 and < 1L << 34 ? 1 : 2;
        switch (random?.Next(most, 3) ?? most)
        {
            case 0:
                return Extension(-1, BigEndian((ulong)seconds, 4));
            case 1:
                return Extension(-1, BigEndian(((ulong)nanoseconds << 34) | (ulong)seconds, 8));
            default:
                return Extension(-1, [.. BigEndian(nanoseconds, 4), .. BigEndian((ulong)seconds, 8)]);
        }
    }

    public Packer Integer(BigInteger number)
    {
        var forms = new List<Action>();
        if (number >= -32 && number <= 127)
        {
            forms.Add(() => Raw(unchecked((byte)(sbyte)number)));
        }

        foreach (var size in new[] { 1, 2, 4, 8 })
        {
            if (number >= 0 && number < BigInteger.One << (8 * size))
            {
                forms.Add(() => Raw((byte)(0xcc + BitOperations.Log2((uint)size))).Raw(BigEndian((ulong)number, size)));
            }

            if (number >= -(BigInteger.One << ((8 * size) - 1)) && number < BigInteger.One << ((8 * size) - 1))
            {
                forms.Add(() => Raw((byte)(0xd0 + BitOperations.Log2((uint)size))).Raw(BigEndian(unchecked((ulong)(long)number), size)));
            }
        }

        forms[random?.Next(forms.Count) ?? 0]();
        return this;
    }

    public Packer Single(float number) => Raw(0xca).Raw(BigEndian(BitConverter.SingleToUInt32Bits(number), 4));

    public Packer Double(double number) => Raw(0xcb).Raw(BigEndian(BitConverter.DoubleToUInt64Bits(number), 8));

    /// <summary>A number in any encoding that represents it exactly.</summary>
    public Packer Number(double number)
    {
        var pick = random?.Next(3) ?? 2;
        return pick == 0 && Math.Floor(number) == number && Math.Abs(number) < 1L << 53 && !(number == 0 && double.IsNegative(number)) ? Integer(new BigInteger(number))
            : pick == 1 && (float)number == number ? Single((float)number)
            : Double(number);
    }

    public Packer Value(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = value.EnumerateObject().ToArray();
                Map(members.Length);
                foreach (var member in members)
                {
                    Text(member.Name).Value(member.Value);
                }

                return this;
            case JsonValueKind.Array:
                Array(value.GetArrayLength());
                foreach (var element in value.EnumerateArray())
                {
                    Value(element);
                }

                return this;
            case JsonValueKind.String:
                return Text(value.GetString()!);
            case JsonValueKind.Number:
                return BigInteger.TryParse(value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                    && whole >= long.MinValue && whole <= ulong.MaxValue && value.GetRawText() != "-0"
                    ? Integer(whole) : Number(value.GetDouble());
            case JsonValueKind.True or JsonValueKind.False:
                return Raw(value.ValueKind == JsonValueKind.True ? (byte)0xc3 : (byte)0xc2);
            default:
                return Nil();
        }
    }

    // The shortest encoding of the length, or any that can hold it.
    Packer Head(int length, params (uint Most, byte First, int Size)[] forms)
    {
        var fitting = forms.Where(form => length <= form.Most).ToArray();
        var (_, first, size) = fitting[random?.Next(fitting.Length) ?? 0];
        return size == 0 ? Raw((byte)(first | length)) : Raw(first).Raw(BigEndian((ulong)length, size));
    }

    static byte[] BigEndian(ulong number, int size)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return bytes[^size..];
    }
}
