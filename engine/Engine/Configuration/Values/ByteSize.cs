using System.Globalization;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>
/// A number of bytes, 0 or more, written with a unit based on 1024: <c>32KB</c>, <c>512MB</c>, <c>1GB</c>; a number without a unit is
/// bytes.
/// </summary>
/// <param name="Bytes">The number.</param>
[JsonConverter(typeof(ScalarConverter<ByteSize>))]
public readonly record struct ByteSize(long Bytes) : IScalar<ByteSize>, IComparable<ByteSize>, IComparable
{
    static readonly (string Name, long Bytes)[] s_units =
        [("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1), ("", 1)];

    /// <inheritdoc/>
    public static string Form => "a size like 32KB, 512MB or 1GB";

    /// <inheritdoc/>
    public static string Pattern => "[0-9]{1,18}([KMGT]?B)?";

    /// <inheritdoc/>
    public static bool TakesNumber => true;

    /// <summary>Creates a size of this many KB (1024 bytes).</summary>
    public static ByteSize FromKilobytes(long count) => new(count << 10);

    /// <summary>Creates a size of this many MB (1024 × 1024 bytes).</summary>
    public static ByteSize FromMegabytes(long count) => new(count << 20);

    /// <inheritdoc/>
    public static bool TryParse(string text, out ByteSize value)
    {
        value = default;
        foreach (var (name, bytes) in s_units)
        {
            if (!text.EndsWith(name, StringComparison.Ordinal) || !long.TryParse(text.AsSpan(0, text.Length - name.Length),
                    NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                continue;
            }

            if (count > long.MaxValue / bytes)
            {
                return false;
            }

            value = new ByteSize(count * bytes);
            return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj is ByteSize other ? CompareTo(other) : 1;

    /// <summary>Formats it in the largest unit that leaves no fraction.</summary>
    public override string ToString()
    {
        if (Bytes == 0)
        {
            return "0";
        }

        var bytes = Bytes;
        var (name, unit) = s_units.First(unit => bytes % unit.Bytes == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit}{name}");
    }
}
