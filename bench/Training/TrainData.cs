using System.Globalization;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Bench.Training;

/// <summary>The rows that trainers are compared on.</summary>
static class TrainData
{
    static readonly string[] s_categorical = ["Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend"];

    /// <summary>Reads UCI Online Shoppers (Sakar and Kastro 2018, CC BY 4.0): a column per number and per value of a category.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static TrainingSet OnlineShoppers(string path)
    {
        using var records = new CsvReader(new StreamReader(path), path);
        records.Next();
        string[] header = [.. records.Texts()];
        var sessions = new List<string[]>();
        while (records.Next())
        {
            sessions.Add([.. records.Texts()]);
        }

        var columns = new List<(string Name, Func<string[], float> Of)>();
        foreach (var (place, name) in header.Index().SkipLast(1))
        {
            if (!s_categorical.Contains(name, StringComparer.Ordinal))
            {
                columns.Add((name, session => float.Parse(session[place], CultureInfo.InvariantCulture)));
                continue;
            }

            columns.AddRange(sessions.Select(session => session[place]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(value => ($"{name}={value}", (Func<string[], float>)(session => session[place] == value ? 1 : 0))));
        }
        return new TrainingSet(
            [.. columns.Select(column => column.Name)],
            [.. sessions.SelectMany(session => columns.Select(column => column.Of(session)))],
            [.. sessions.Select(session => session[^1] == "TRUE" ? (byte)1 : (byte)0)],
            [.. Enumerable.Range(0, sessions.Count)],
            new long[sessions.Count]);
    }

    /// <summary>Draws rows of ten values that matter, in curves and products, and others that do not.</summary>
    internal static TrainingSet Synthetic(int count, int columns, ulong seed)
    {
        var random = new SeededRandom(seed);
        var rows = new float[count * columns];
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            var row = rows.AsSpan(i * columns, columns);
            foreach (ref var value in row)
            {
                value = (float)(random.Unit() + random.Unit() + random.Unit() - 1.5);
            }

            var z = -1 + 2 * (row[0] - 0.21) * (row[1] + 0.13) + 3 * Math.Sin(3 * row[2]) + row[3] * (row[4] > 0.17 ? 2 : -1) + row[5] + 0.5 * row[6] - row[7] * row[7]
                + (row[8] > 0.5 ? 1 : 0) + 0.3 * row[9];
            labels[i] = random.Unit() < 1 / (1 + Math.Exp(-z)) ? (byte)1 : (byte)0;
        }
        return new TrainingSet([.. Enumerable.Range(0, columns).Select(j => $"f{j}")], rows, labels, [.. Enumerable.Range(0, count)], new long[count]);
    }
}
