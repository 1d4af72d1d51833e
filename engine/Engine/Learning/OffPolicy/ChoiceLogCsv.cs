using System.Globalization;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>
/// Reads choices from a CSV file (RFC 4180) with a header: the columns <c>action</c>, <c>propensity</c> and <c>reward</c>; all others are
/// features. A numeric column is one feature, with empty cells missing. Any other column is one-hot encoded by its 20 most frequent
/// values, since rarer ones are too few to learn from.
/// </summary>
public static class ChoiceLogCsv
{
    const int MaxChoices = 5_000_000;
    const int MaxFeatures = 200;
    const int MaxValues = 20;
    const int MaxValuesCounted = 10_000;

    /// <exception cref="FormatException">The file is malformed; the message says where and why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ChoiceLog Read(string path)
    {
        // Two passes: a column's kind is known only after its last row, and the texts of all rows would not fit in memory.
        Column[] columns = [];
        var rows = 0;
        using var cells = Open(path);
        while (cells.Next())
        {
            if (columns.Length == 0)
            {
                columns = ColumnsOf(path, cells.Texts());
                continue;
            }

            if (cells.Count != columns.Length)
            {
                throw Wrong(path, cells.Line, $"{cells.Count} cells, but the header has {columns.Length}");
            }

            if (++rows > MaxChoices)
            {
                throw Wrong(path, cells.Line, $"more than {MaxChoices:N0} choices");
            }

            for (var i = 0; i < cells.Count; i++)
            {
                columns[i].Add(cells[i]);
            }
        }

        if (columns.Length == 0)
        {
            throw Wrong(path, 1, "the header is missing");
        }

        Column[] features = [.. columns.Where(c => c.Role == Role.Feature)];
        string[] names = [.. features.SelectMany(f => f.Features())];
        if (names.Length > MaxFeatures)
        {
            throw Wrong(path, 1, $"{names.Length} features, counting each value of a text column; at most {MaxFeatures}");
        }

        return Fill(path, columns, names, rows);
    }

    static ChoiceLog Fill(string path, Column[] columns, string[] names, int rows)
    {
        var contexts = new float[checked(rows * names.Length)];
        var chosen = new int[rows];
        double[] propensities = new double[rows], rewards = new double[rows];
        var actions = new List<string>();
        int row = -1, at = 0;
        using var cells = Open(path);
        while (cells.Next())
        {
            var line = cells.Line;
            if (row++ < 0)
            {
                continue;
            }

            if (row > rows || cells.Count != columns.Length)
            {
                throw Wrong(path, line, "the file changed while it was being read");
            }

            for (var i = 0; i < columns.Length; i++)
            {
                switch (columns[i].Role)
                {
                    case Role.Action:
                        chosen[row - 1] = NumberOf(actions, cells.Text(i));
                        if (actions.Count > ChoiceLog.MaxActions)
                        {
                            throw Wrong(path, line, $"more than {ChoiceLog.MaxActions} actions");
                        }

                        break;
                    case Role.Propensity:
                        propensities[row - 1] = Number(path, line, "propensity", cells[i]);
                        if (propensities[row - 1] is not (> 0 and <= 1))
                        {
                            throw Wrong(path, line, $"the propensity must be above 0 and up to 1, not {cells[i]}");
                        }

                        break;
                    case Role.Reward:
                        rewards[row - 1] = Number(path, line, "reward", cells[i]);
                        break;
                    default:
                        at += columns[i].Write(cells[i], contexts.AsSpan(at));
                        break;
                }
            }
        }

        if (row < 2)
        {
            throw Wrong(path, 1, "at least two choices are needed");
        }

        return new ChoiceLog(names, actions, contexts, chosen, propensities, rewards);
    }

    static Column[] ColumnsOf(string path, string[] head)
    {
        Column[] columns = [.. head.Select(name => new Column(name.Trim()))];
        foreach (var role in (ReadOnlySpan<Role>)[Role.Action, Role.Propensity, Role.Reward])
        {
            var name = role.ToString().ToLowerInvariant();
            if (columns.Count(c => c.Role == role) != 1)
            {
                throw Wrong(path, 1, $"the header needs one column '{name}'; it has {string.Join(", ", columns.Select(c => c.Name))}");
            }
        }

        return columns;
    }

    static int NumberOf(List<string> actions, string name)
    {
        var number = actions.IndexOf(name);
        if (number >= 0)
        {
            return number;
        }

        actions.Add(name);
        return actions.Count - 1;
    }

    static double Number(string path, int line, string column, ReadOnlySpan<char> cell) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
        : throw Wrong(path, line, $"the {column} '{cell}' is not a number");

    static CsvReader Open(string path) => new(new StreamReader(path), path);

    static FormatException Wrong(string path, int line, string what) => new($"{path}:{line}: {what}");

    enum Role
    {
        Feature,
        Action,
        Propensity,
        Reward,
    }

    sealed class Column(string name)
    {
        readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
        bool _isText;
        string[]? _values;

        public string Name => name;

        public Role Role { get; } = name switch
        {
            "action" => Role.Action,
            "propensity" => Role.Propensity,
            "reward" => Role.Reward,
            _ => Role.Feature,
        };

        public void Add(ReadOnlySpan<char> cell)
        {
            if (Role != Role.Feature)
            {
                return;
            }

            _isText = _isText || (cell.Length > 0 && !double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
            var counts = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
            if (counts.TryGetValue(cell, out var count))
            {
                counts[cell] = count + 1;
            }
            else if (_counts.Count < MaxValuesCounted)
            {
                counts[cell] = 1;
            }
        }

        public IEnumerable<string> Features() => _isText ? Values().Select(value => $"{name}={value}") : [name];

        // The number of features written.
        public int Write(ReadOnlySpan<char> cell, Span<float> features)
        {
            if (!_isText)
            {
                features[0] = cell.Length == 0 ? float.NaN : float.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
                return 1;
            }

            var values = Values();
            for (var i = 0; i < values.Length; i++)
            {
                features[i] = cell.SequenceEqual(values[i]) ? 1 : 0;
            }

            return values.Length;
        }

        string[] Values() => _values ??=
            [.. _counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(MaxValues).Select(c => c.Key)];
    }
}
