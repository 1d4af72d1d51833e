using System.Globalization;
using System.IO.Compression;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Bench.Drift;

/// <summary>A stream of rows with classes, from a CSV file with a header whose last column is the class, gzipped or not.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Labels">The class of each row, from 0.</param>
public sealed record LabelledStream(string Name, double[][] Rows, int[] Labels)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">A line has another number of columns, or something other than numbers.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LabelledStream Read(string path)
    {
        using var file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var records = new CsvReader(new StreamReader(content), path);
        var (rows, labels) = (new List<double[]>(), new List<int>());
        for (var columns = records.Next() ? records.Count : 0; records.Next();)
        {
            var row = new double[columns - 1];
            var isFine = records.Count == columns;
            for (var i = 0; isFine && i < row.Length; i++)
            {
                isFine = double.TryParse(records[i], CultureInfo.InvariantCulture, out row[i]);
            }

            if (!isFine || !double.TryParse(records[columns - 1], CultureInfo.InvariantCulture, out var label))
            {
                throw new FormatException($"{path}:{records.Line}: expected {columns} numbers.");
            }

            rows.Add(row);
            labels.Add((int)label);
        }

        return new LabelledStream(Path.GetFileName(path), [.. rows], [.. labels]);
    }

    /// <summary>
    /// Measures the accuracy of a learner that predicts each row's class before it learns it. The learner is told the row's own features
    /// alone.
    /// </summary>
    /// <param name="learner">The learner.</param>
    /// <param name="forget">Whether the learner forgets all when <see cref="Adwin"/> sees its errors rise.</param>
    public double PrequentialAccuracy(IOnlineClassifier learner, bool forget = false)
    {
        Span<double> scores = stackalloc double[Labels.Max() + 1];
        var (right, errors) = (0, new Adwin());
        for (var i = 0; i < Rows.Length; i++)
        {
            learner.Predict(Rows[i], scores);
            var best = 0;
            for (var c = 1; c < scores.Length; c++)
            {
                best = scores[c] > scores[best] ? c : best;
            }

            right += best == Labels[i] ? 1 : 0;
            if (forget && errors.Add(best == Labels[i] ? 0 : 1) == MeanChange.Rise)
            {
                learner.Reset();
                errors = new Adwin();
            }

            learner.Learn(Rows[i], Labels[i]);
        }

        return (double)right / Rows.Length;
    }
}
