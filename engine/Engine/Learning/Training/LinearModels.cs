namespace CartRecovery.Engine.Learning.Training;

/// <summary>Shared parts of linear models.</summary>
static class LinearModels
{
    /// <summary>Computes each column's mean and standard deviation over its present values; 0 and 1 if undefined.</summary>
    internal static (double[] Means, double[] Scales) Standards(float[] rows, int columns)
    {
        var count = columns == 0 ? 0 : rows.Length / columns;
        var means = new double[columns];
        var scales = new double[columns];
        for (var j = 0; j < columns; j++)
        {
            double sum = 0, squares = 0;
            var present = 0;
            for (var i = 0; i < count; i++)
            {
                var value = rows[i * columns + j];
                if (!float.IsFinite(value))
                {
                    continue;
                }

                sum += value;
                present++;
            }
            means[j] = present == 0 ? 0 : sum / present;
            for (var i = 0; i < count; i++)
            {
                var value = rows[i * columns + j];
                if (float.IsFinite(value))
                {
                    squares += (value - means[j]) * (value - means[j]);
                }
            }
            scales[j] = squares > 0 ? Math.Sqrt(squares / present) : 1;
        }
        return (means, scales);
    }

    /// <summary>Solves A·x = b for a positive definite A, given by its lower half (Cholesky). Overwrites A.</summary>
    internal static double[] Solve(double[] a, double[] b, int n)
    {
        for (var j = 0; j < n; j++)
        {
            for (var k = 0; k < j; k++)
            {
                for (var i = j; i < n; i++)
                {
                    a[i * n + j] -= a[i * n + k] * a[j * n + k];
                }
            }

            var pivot = Math.Sqrt(Math.Max(a[j * n + j], 1e-12));
            for (var i = j; i < n; i++)
            {
                a[i * n + j] /= pivot;
            }
        }
        var x = (double[])b.Clone();
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < i; k++)
            {
                x[i] -= a[i * n + k] * x[k];
            }

            x[i] /= a[i * n + i];
        }
        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++)
            {
                x[i] -= a[k * n + i] * x[k];
            }

            x[i] /= a[i * n + i];
        }
        return x;
    }
}
