using System.Buffers;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Primitives;
using SQLitePCL;

namespace CartRecovery.Engine.Storage;

/// <summary>
/// A prepared statement. Parameters are bound in their order by <see cref="With(long)"/> and its kin; <see cref="Run"/> runs it, or
/// <see cref="Next"/> takes a row. It is ready for the next use when it has run, or has no more rows, or after <see cref="Reset"/>.
/// </summary>
public sealed class Statement
{
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

        raw.sqlite3_bind_text(_handle, ++_bound, value);
        return this;
    }

    /// <inheritdoc cref="With(long)"/>
    public Statement With(ReadOnlySpan<byte> value)
    {
        raw.sqlite3_bind_blob(_handle, ++_bound, value);
        return this;
    }

    /// <summary>Binds a key as its 16 bytes; none as null.</summary>
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

    /// <summary>Binds an intervention as its JSON.</summary>
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

    /// <summary>Runs it to its end.</summary>
    /// <returns>How many rows it changed.</returns>
    /// <exception cref="IOException">It failed.</exception>
    public int Run()
    {
        while (Next())
        {
        }

        return _database.Changes;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns><see langword="false"/> when there is none; then it has been reset.</returns>
    /// <exception cref="IOException">It failed.</exception>
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

    /// <summary>Lets go of the rows that are left, and of the parameters.</summary>
    public void Reset()
    {
        _bound = 0;
        raw.sqlite3_reset(_handle);
    }

    /// <summary>Runs it for one number.</summary>
    /// <returns>The first column of the first row; <see langword="null"/> where there is no row, or no value.</returns>
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

    /// <summary>The column is null.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    /// <summary>The column as a number; 0 for null.</summary>
    public long Long(int column) => raw.sqlite3_column_int64(_handle, column);

    /// <inheritdoc cref="Long"/>
    public int Int(int column) => raw.sqlite3_column_int(_handle, column);

    /// <summary>The column as a number; null for null.</summary>
    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);

    /// <inheritdoc cref="LongOrNull"/>
    public double? DoubleOrNull(int column) => IsNull(column) ? null : raw.sqlite3_column_double(_handle, column);

    /// <summary>The column as what it is: text, a whole number, a fraction, or null.</summary>
    public object? Value(int column) => raw.sqlite3_column_type(_handle, column) switch
    {
        raw.SQLITE_INTEGER => Long(column),
        raw.SQLITE_FLOAT => raw.sqlite3_column_double(_handle, column),
        raw.SQLITE_TEXT => Text(column),
        _ => null,
    };

    /// <summary>The column as text; empty for null.</summary>
    public string Text(int column) => raw.sqlite3_column_text(_handle, column).utf8_to_string() ?? "";

    /// <summary>The column as text; null for null.</summary>
    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>The column's bytes, until the next row.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_handle, column);

    /// <summary>The column as a key; none for null.</summary>
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
