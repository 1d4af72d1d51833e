using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Learning.Training;

/// <summary>Data sets drawn from a known function, deterministic by seed.</summary>
static class SyntheticData
{
    /// <summary>
    /// Draws label 1 with probability <paramref name="probability"/> of a row of values between −1 and 1; two rows per group.
    /// </summary>
    internal static TrainingSet Draw(int count, int columns, ulong seed, Func<float[], double> probability, double missing = 0, int firstGroup = 0)
    {
        var random = new SeededRandom(seed);
        var rows = new float[count * columns];
        var labels = new byte[count];
        var row = new float[columns];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                row[j] = (float)(random.Unit() * 2 - 1);
            }

            labels[i] = random.Unit() < probability(row) ? (byte)1 : (byte)0;
            for (var j = 0; j < columns; j++)
            {
                rows[i * columns + j] = random.Unit() < missing ? float.NaN : row[j];
            }
        }
        return new TrainingSet([.. Enumerable.Range(0, columns).Select(j => $"f{j}")], rows, labels,
            [.. Enumerable.Range(0, count).Select(i => firstGroup + i / 2)], [.. Enumerable.Range(0, count).Select(i => (long)i)]);
    }

    internal static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));

    /// <summary>A linear function.</summary>
    internal static double Line(float[] x) => Sigmoid(2 * x[0] - 3 * x[1] + 0.5);

    /// <summary>A function without a linear part: label 1 is likely if the first two values have the same sign.</summary>
    internal static double Quadrants(float[] x) => x[0] * x[1] > 0 ? 0.9 : 0.1;
}
