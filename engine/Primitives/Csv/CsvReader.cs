using nietras.SeparatedValues;

namespace CartRecovery.Primitives.Csv;

/// <summary>
/// Reads CSV records (RFC 4180) using Sep: quoted cells may contain commas, line breaks and doubled quotes. Skips empty lines. A cell is a
/// span valid until the next record.
/// </summary>
sealed class CsvReader : IDisposable
{
    readonly SepReader _reader;
    readonly string _name;
    bool _isFirst = true;

    /// <param name="text">The text; disposed with the reader.</param>
    /// <param name="name">The file's name for messages.</param>
    public CsvReader(TextReader text, string name)
    {
        _name = name;
        _reader = Sep.New(',').Reader(options => options with
        {
            HasHeader = false,
            Unescape = true,
            DisableColCountCheck = true,
            CreateToString = SepToString.PoolPerCol(),
        }).From(text);
    }

    /// <summary>Line on which the record begins, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Number of cells in the record, at least 1.</summary>
    public int Count => _reader.Current.ColCount;

    /// <summary>A cell without its quotes.</summary>
    public ReadOnlySpan<char> this[int column] => _reader.Current[column].Span;

    /// <summary>Returns a cell as a string; short texts that repeat in a column share an instance.</summary>
    public string Text(int column) => _reader.Current[column].ToString();

    /// <summary>Returns all cells as strings.</summary>
    public string[] Texts() => [.. Enumerable.Range(0, Count).Select(Text)];

    /// <summary>Moves to the next record.</summary>
    /// <exception cref="FormatException">A quote is not closed, or the record exceeds Sep's limit; the message names the line.</exception>
    public bool Next()
    {
        try
        {
            while (_reader.MoveNext())
            {
                var record = _reader.Current;
                // Sep counts lines from the end of the previous record, which the first record lacks.
                Line = _isFirst ? 1 : record.LineNumberFrom;
                _isFirst = false;
                if (record.Span.IsEmpty)
                {
                    continue;
                }

                return (Quotes(record) & 1) == 0 ? true : throw new FormatException($"{_name}:{Line}: a quote is not closed");
            }

            return false;
        }
        catch (NotSupportedException e)
        {
            throw new FormatException($"{_name}: a record after line {Line} is too long: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    static int Quotes(SepReader.Row record) => record.Span.Count('"');
}
