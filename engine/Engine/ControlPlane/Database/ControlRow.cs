using System.Data.Common;
using System.Globalization;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>A row of a result. Valid until the next row is read.</summary>
/// <param name="reader">The result, at the row.</param>
public readonly struct ControlRow(DbDataReader reader)
{
    /// <summary>Returns a column as text.</summary>
    public string Text(int column) => reader.GetString(column);

    /// <summary>Returns a column as text; <see langword="null"/> for NULL.</summary>
    public string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>Returns a column as a number. Converts, because PostgreSQL returns literals as 32-bit numbers.</summary>
    public long Number(int column) => Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture);

    /// <summary>Returns a column as a number; <see langword="null"/> for NULL.</summary>
    public long? NumberOrNull(int column) => reader.IsDBNull(column) ? null : Number(column);

    /// <summary>Returns a column of 1 or 0 as a Boolean.</summary>
    public bool IsTrue(int column) => Number(column) != 0;

    /// <summary>Returns a column as bytes.</summary>
    public byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);

    /// <summary>Returns a column as bytes; <see langword="null"/> for NULL.</summary>
    public byte[]? BytesOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);

    /// <summary>Returns a column of milliseconds since 1970 as a time.</summary>
    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Number(column));

    /// <summary>Returns a column of milliseconds since 1970 as a time; <see langword="null"/> for NULL.</summary>
    public DateTimeOffset? TimeOrNull(int column) => reader.IsDBNull(column) ? null : Time(column);
}
