using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// Logistic regression on standardised features with an L2 penalty, solved by Newton's method. Missing values count as the column's mean
/// in training.
/// </summary>
sealed class LogisticRegression : ILearned
{
    const int MaxIterations = 50;

    readonly float[] _weights;
    readonly float _bias;

    LogisticRegression(float[] weights, float bias)
    {
        _weights = weights;
        _bias = bias;
    }

    public string Description => $"logistic regression on {_weights.Length} standardised features";

    /// <param name="set">The training rows.</param>
    /// <param name="l2">The penalty on half the sum of the squared weights (not the bias), above 0.</param>
    internal static LogisticRegression Fit(TrainingSet set, double l2)
    {
        int columns = set.Features.Count, size = columns + 1;
        var (means, scales) = LinearModels.Standards(set.Rows, columns);
        var x = new double[size];
        var beta = new double[size];
        var gradient = new double[size];
        var hessian = new double[size * size];
        x[columns] = 1;
        var rate = Math.Clamp((double)set.Positives / Math.Max(1, set.Count), 1e-6, 1 - 1e-6);
        beta[columns] = Math.Log(rate / (1 - rate));

        var loss = Derive(beta, gradient, hessian);
        for (var iteration = 0; iteration < MaxIterations; iteration++)
        {
            var step = LinearModels.Solve(hessian, gradient, size);
            // Far from the optimum a full step may overshoot; halve it until the loss decreases.
            double shrink = 1, next = double.PositiveInfinity;
            var candidate = new double[size];
            for (var halving = 0; halving < 30 && !(next <= loss); halving++, shrink /= 2)
            {
                for (var j = 0; j < size; j++)
                {
                    candidate[j] = beta[j] - shrink * step[j];
                }

                next = Derive(candidate, gradient, hessian);
            }
            if (!(next <= loss))
            {
                break;
            }

            beta = candidate;
            if (loss - next < 1e-10 * (1 + Math.Abs(next)))
            {
                break;
            }

            loss = next;
        }

        // Folds the standardisation into the weights, so that the model takes raw features in one multiplication.
        var weights = new float[columns];
        var bias = beta[columns];
        for (var j = 0; j < columns; j++)
        {
            weights[j] = (float)(beta[j] / scales[j]);
            bias -= beta[j] / scales[j] * means[j];
        }
        return new LogisticRegression(weights, (float)bias);

        // The penalised loss at a point, with its gradient and Hessian.
        double Derive(double[] at, double[] gradient, double[] hessian)
        {
            Array.Clear(gradient);
            Array.Clear(hessian);
            double sum = 0;
            for (var i = 0; i < set.Count; i++)
            {
                var row = set.Row(i);
                var z = at[columns];
                for (var j = 0; j < columns; j++)
                {
                    x[j] = float.IsFinite(row[j]) ? (row[j] - means[j]) / scales[j] : 0;
                    z += at[j] * x[j];
                }
                var p = 1 / (1 + Math.Exp(-z));
                var y = set.Labels[i];
                sum += Math.Max(z, 0) - z * y + Math.Log(1 + Math.Exp(-Math.Abs(z)));
                double error = p - y, curvature = Math.Max(p * (1 - p), 1e-12);
                for (var j = 0; j < size; j++)
                {
                    gradient[j] += error * x[j];
                    var cx = curvature * x[j];
                    for (var k = 0; k <= j; k++)
                    {
                        hessian[j * size + k] += cx * x[k];
                    }
                }
            }
            for (var j = 0; j < columns; j++)
            {
                sum += l2 / 2 * at[j] * at[j];
                gradient[j] += l2 * at[j];
                hessian[j * size + j] += l2;
            }
            hessian[columns * size + columns] += 1e-9;
            return sum;
        }
    }

    public float Logit(ReadOnlySpan<float> row)
    {
        var z = 0f;
        for (var j = 0; j < _weights.Length; j++)
        {
            z += row[j] * _weights[j];
        }

        return z + _bias;
    }

    public void WriteLogit(OnnxGraph graph, string input, string output)
    {
        graph.Initializer("weights", [_weights.Length, 1], _weights);
        graph.Initializer("bias", [1], [_bias]);
        graph.Node("Gemm", [input, "weights", "bias"], [output]);
    }
}
