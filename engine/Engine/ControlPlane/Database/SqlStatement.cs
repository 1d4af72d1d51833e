using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>
/// A statement written as an interpolated string. Every value becomes a typed parameter, so a value can never become SQL, and both
/// databases accept the same text.
/// </summary>
[InterpolatedStringHandler]
public readonly struct SqlStatement
{
    readonly List<Part> _parts;

    /// <summary>Begins a statement.</summary>
    public SqlStatement(int literalLength, int formattedCount)
    {
        _ = literalLength;
        _parts = new List<Part>((2 * formattedCount) + 1);
    }

    /// <summary>The SQL, with <c>@p0</c>, <c>@p1</c> and so on for its values.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            var values = 0;
            foreach (var part in _parts)
            {
                text.Append(part.Sql ?? Name(values++));
            }

            return text.ToString();
        }
    }

    /// <summary>The values, in the order of their parameters.</summary>
    internal IEnumerable<(SqlType Type, object? Value)> Values => _parts.Where(part => part.Sql is null).Select(part => (part.Type, part.Value));

    /// <summary>Appends SQL.</summary>
    public void AppendLiteral(string value) => _parts.Add(new Part(value, default, null));

    /// <summary>Appends a fragment with its values.</summary>
    public void AppendFormatted(SqlPart part) => _parts.AddRange(part.Statement._parts);

    /// <summary>Appends a value as a parameter.</summary>
    public void AppendFormatted(string? value) => Add(SqlType.Text, value);

    /// <inheritdoc cref="AppendFormatted(string?)"/>
    public void AppendFormatted(byte[]? value) => Add(SqlType.Bytes, value);

    /// <inheritdoc cref="AppendFormatted(string?)"/>
    public void AppendFormatted(long? value) => Add(SqlType.Number, value);

    /// <summary>Appends a Boolean as 1 or 0: SQLite has no Boolean type.</summary>
    public void AppendFormatted(bool value) => Add(SqlType.Number, value ? 1L : 0L);

    /// <summary>Appends a time as milliseconds since 1970.</summary>
    public void AppendFormatted(DateTimeOffset? value) => Add(SqlType.Number, value?.ToUnixTimeMilliseconds());

    /// <summary>Returns a parameter's name.</summary>
    internal static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"@p{index}");

    void Add(SqlType type, object? value) => _parts.Add(new Part(null, type, value));

    readonly record struct Part(string? Sql, SqlType Type, object? Value);
}

/// <summary>
/// A fragment of SQL, such as an optional condition. A separate type, so that an interpolated string inside a statement is a text
/// parameter, like any other value.
/// </summary>
public sealed class SqlPart
{
    SqlPart(SqlStatement statement) => Statement = statement;

    /// <summary>The fragment and its values.</summary>
    internal SqlStatement Statement { get; }

    /// <summary>Creates a fragment from an interpolated string, whose values become parameters.</summary>
    public static SqlPart Of(SqlStatement statement) => new(statement);

    /// <summary>Joins conditions with AND. Without conditions, the fragment is true.</summary>
    public static SqlPart All(IEnumerable<SqlPart> conditions)
    {
        var all = new SqlStatement(0, 0);
        all.AppendLiteral("1 = 1");
        foreach (var condition in conditions)
        {
            all.AppendLiteral(" AND ");
            all.AppendFormatted(condition);
        }

        return new SqlPart(all);
    }
}

/// <summary>The types of parameters.</summary>
enum SqlType
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A 64-bit integer; also times and Booleans.</summary>
    Number,

    /// <summary>Bytes.</summary>
    Bytes,
}
