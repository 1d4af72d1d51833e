using System.Text;

namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>Records of a CSV file (RFC 4180): a quoted cell may hold commas, line ends and doubled quotes. Empty lines are left out.</summary>
static class CsvRecords
{
    const int LongestRecord = 1 << 20;

    /// <summary>Each record with the line that it begins on.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FormatException">A quote is not closed, or a record is longer than 1 MB.</exception>
    internal static IEnumerable<(int Line, List<string> Cells)> Read(TextReader reader, string name)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        int line = 1, begin = 1, length = 0;
        bool isQuoted = false, wasQuoted = false;
        while (true)
        {
            var c = reader.Read();
            if (isQuoted && c < 0) throw new FormatException($"{name}:{begin}: a quote is not closed");
            if (++length > LongestRecord) throw new FormatException($"{name}:{begin}: the record is longer than {LongestRecord} characters");
            if (c == '\n') line++;
            if (isQuoted)
            {
                if (c != '"') cell.Append((char)c);
                else if (reader.Peek() == '"') cell.Append((char)reader.Read());
                else isQuoted = false;
                continue;
            }

            switch (c)
            {
                case '"' when cell.Length == 0 && !wasQuoted:
                    (isQuoted, wasQuoted) = (true, true);
                    break;
                case '\r' when reader.Peek() == '\n':
                    break;
                case ',' or '\n' or < 0:
                    var isEmpty = cells.Count == 0 && cell.Length == 0 && !wasQuoted && c != ',';
                    cells.Add(cell.ToString());
                    cell.Clear();
                    wasQuoted = false;
                    if (c == ',') break;
                    if (!isEmpty) yield return (begin, cells);
                    if (c < 0) yield break;
                    (cells, begin, length) = ([], line, 0);
                    break;
                default:
                    cell.Append((char)c);
                    break;
            }
        }
    }
}
