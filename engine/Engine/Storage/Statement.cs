using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Primitives;
using SQLitePCL;

namespace CartRecovery.Engine.Storage;

/// <summary>
/// A prepared statement. <see cref="With(long)"/> and its overloads bind parameters in order; <see cref="Run"/> runs the statement, <see
/// cref="Next"/> steps to a row. Reusable after it has run, after its last row, and after <see cref="Reset"/>. Not thread-safe.
/// </summary>
public sealed class Statement
{
    // In UTF-16 units.
    const int ShortText = 128;

    readonly Database _database;
    readonly sqlite3_stmt _handle;
    ArrayBufferWriter<byte>? _json;
    int _bound;

    internal Statement(Database database, sqlite3_stmt handle) => (_database, _handle) = (database, handle);

    /// <summary>Binds the next parameter.</summary>
    public Statement With(long value)
    {
        raw.sqlite3_bind_int64(_handle, ++_bound, value);
        return this;
    }

    /// <inheritdoc cref="With(long)"/>
    public Statement With(long? value) => value is { } number ? With(number) : WithNull();

    /// <inheritdoc cref="With(long)"/>
    public Statement With(bool value) => With(value ? 1L : 0);

    /// <inheritdoc cref="With(long)"/>
    public Statement With(double? value)
    {
        if (value is not { } number)
        {
            return WithNull();
        }

        raw.sqlite3_bind_double(_handle, ++_bound, number);
        return this;
    }

    /// <inheritdoc cref="With(long)"/>
    public Statement With(string? value)
    {
        if (value is null)
        {
            return WithNull();
        }

        // Without an array for each. An empty span would bind NULL.
        if (value.Length is > 0 and <= ShortText)
        {
            Span<byte> bytes = stackalloc byte[ShortText * 3];
            raw.sqlite3_bind_text(_handle, ++_bound, bytes[..Encoding.UTF8.GetBytes(value, bytes)]);
            return this;
        }

        raw.sqlite3_bind_text(_handle, ++_bound, value);
        return this;
    }

    /// <inheritdoc cref="With(long)"/>
    public Statement With(ReadOnlySpan<byte> value)
    {
        raw.sqlite3_bind_blob(_handle, ++_bound, value);
        return this;
    }

    /// <summary>Binds numbers as their bytes, little-endian; <see langword="null"/> as NULL.</summary>
    public Statement WithNumbers(float[]? values) => values is null ? WithNull() : With(MemoryMarshal.AsBytes(values.AsSpan()));

    /// <summary>Binds a key as its 16 bytes; an empty key as NULL.</summary>
    public Statement With(in Hash128 key)
    {
        if (key == default)
        {
            return WithNull();
        }

        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, key.Low);
        BitConverter.TryWriteBytes(bytes[8..], key.High);
        return With(bytes);
    }

    /// <summary>Binds an intervention as JSON.</summary>
    public Statement WithJson(Intervention value)
    {
        _json ??= new ArrayBufferWriter<byte>(1024);
        _json.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_json))
        {
            JsonSerializer.Serialize(writer, value, ContractsJson.Default.Intervention);
        }

        return With(_json.WrittenSpan);
    }

    /// <summary>Runs the statement to its end.</summary>
    /// <returns>The number of rows changed.</returns>
    /// <exception cref="IOException">The statement failed.</exception>
    public int Run()
    {
        while (Next())
        {
        }

        return _database.Changes;
    }

    /// <summary>Steps to the next row.</summary>
    /// <returns><see langword="false"/> if there is no further row; the statement is then reset.</returns>
    /// <exception cref="IOException">The statement failed.</exception>
    public bool Next()
    {
        var code = raw.sqlite3_step(_handle);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        var failure = code == raw.SQLITE_DONE ? null : _database.Failure(code);
        Reset();
        return failure is null ? false : throw failure;
    }

    /// <summary>Discards remaining rows and parameters.</summary>
    public void Reset()
    {
        _bound = 0;
        raw.sqlite3_reset(_handle);
    }

    /// <summary>Runs the statement and returns one number.</summary>
    /// <returns>The first column of the first row; <see langword="null"/> if there is no row or it is NULL.</returns>
    public long? Number()
    {
        if (!Next())
        {
            return null;
        }

        var value = LongOrNull(0);
        Reset();
        return value;
    }

    /// <summary>Returns whether the column is NULL.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    /// <summary>Returns the column as a number; 0 for NULL.</summary>
    public long Long(int column) => raw.sqlite3_column_int64(_handle, column);

    /// <inheritdoc cref="Long"/>
    public int Int(int column) => raw.sqlite3_column_int(_handle, column);

    /// <summary>Returns the column as a number; <see langword="null"/> for NULL.</summary>
    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);

    /// <inheritdoc cref="LongOrNull"/>
    public double? DoubleOrNull(int column) => IsNull(column) ? null : raw.sqlite3_column_double(_handle, column);

    /// <summary>Returns the column as its stored type: text, integer, floating-point number or <see langword="null"/>.</summary>
    public object? Value(int column) => raw.sqlite3_column_type(_handle, column) switch
    {
        raw.SQLITE_INTEGER => Long(column),
        raw.SQLITE_FLOAT => raw.sqlite3_column_double(_handle, column),
        raw.SQLITE_TEXT => Text(column),
        _ => null,
    };

    /// <summary>Returns the column as text; empty for NULL.</summary>
    public string Text(int column) => raw.sqlite3_column_text(_handle, column).utf8_to_string() ?? "";

    /// <summary>Returns the column as text; <see langword="null"/> for NULL.</summary>
    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Returns the column's bytes; valid until the next row.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_handle, column);

    /// <summary>Returns the column as a key; empty for NULL.</summary>
    public Hash128 Key(int column)
    {
        var bytes = Bytes(column);
        return bytes.Length == 16 ? new Hash128(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes[8..])) : default;
    }

    internal void Close() => _handle.Dispose();

    Statement WithNull()
    {
        raw.sqlite3_bind_null(_handle, ++_bound);
        return this;
    }
}
