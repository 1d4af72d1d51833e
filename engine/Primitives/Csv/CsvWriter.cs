using System.Globalization;
using System.Text;
using nietras.SeparatedValues;

namespace CartRecovery.Primitives.Csv;

/// <summary>
/// Writes CSV (RFC 4180) using Sep: a header, then records, with CRLF. Neutralises texts that a spreadsheet would execute (<see
/// cref="CsvFormula"/>); numbers are written unchanged.
/// </summary>
sealed class CsvWriter : IDisposable
{
    readonly SepWriter _writer;
    char[] _text = new char[256];

    /// <param name="output">Receives the text; left open.</param>
    /// <param name="columns">The column names.</param>
    public CsvWriter(TextWriter output, IReadOnlyList<string> columns)
    {
        output.NewLine = "\r\n";
        _writer = Sep.New(',').Writer(options => options with { Escape = true, CultureInfo = CultureInfo.InvariantCulture }).To(output, leaveOpen: true);
        _writer.Header.Add(columns);
        _writer.Header.Write();
    }

    /// <summary>Begins a record, which is written when disposed.</summary>
    public SepWriter.Row NewRecord() => _writer.NewRow();

    /// <summary>Writes a text.</summary>
    public void Text(SepWriter.Row record, int column, ReadOnlySpan<char> text)
    {
        if (!CsvFormula.Is(text))
        {
            record[column].Set(text);
            return;
        }

        Reserve(text.Length + 1);
        _text[0] = CsvFormula.Guard;
        text.CopyTo(_text.AsSpan(1));
        record[column].Set(_text.AsSpan(0, text.Length + 1));
    }

    /// <summary>Writes a UTF-8 text.</summary>
    public void Text(SepWriter.Row record, int column, ReadOnlySpan<byte> text)
    {
        Reserve(text.Length + 1);
        _text[0] = CsvFormula.Guard;
        var length = Encoding.UTF8.GetChars(text, _text.AsSpan(1));
        record[column].Set(CsvFormula.Is(_text.AsSpan(1, length)) ? _text.AsSpan(0, length + 1) : _text.AsSpan(1, length));
    }

    /// <summary>Writes a number.</summary>
    public static void Number<T>(SepWriter.Row record, int column, T number)
        where T : ISpanFormattable => record[column].Format(number);

    /// <summary>Flushes the buffer to the output.</summary>
    public void Flush() => _writer.Flush();

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    void Reserve(int length)
    {
        if (_text.Length < length)
        {
            _text = new char[Math.Max(length, 2 * _text.Length)];
        }
    }
}
