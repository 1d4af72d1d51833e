namespace CartRecovery.Engine.Exports;

/// <summary>The type of an export's column. Any value may be null.</summary>
public enum ColumnKind
{
    /// <summary>A <see cref="string"/>.</summary>
    Text,

    /// <summary>A <see cref="string"/> that is a JSON value on one line.</summary>
    Json,

    /// <summary>A <see cref="long"/>.</summary>
    Integer,

    /// <summary>A <see cref="decimal"/> with at most four places: money, quantities.</summary>
    Decimal,

    /// <summary>A <see cref="double"/>.</summary>
    Fraction,

    /// <summary>A <see cref="long"/>: milliseconds since 1970 UTC.</summary>
    Time,

    /// <summary>A <see cref="bool"/>.</summary>
    Boolean,
}
