using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>
/// Predicts the reward of each action at each choice of a log, by a ridge regression per action on standardised features. A choice's
/// prediction comes from the other folds only, so it is independent of its own reward.
/// </summary>
sealed class CrossFittedRewards
{
    // Applies to half the sum of squared weights: small against thousands of choices, large against a dozen.
    const double Ridge = 10;

    // Keeps the bias solvable for an action without choices, whose prediction is then 0.
    const double Tiny = 1e-9;

    readonly float[] _predictions;
    readonly int _actions;

    CrossFittedRewards(float[] predictions, int actions) => (_predictions, _actions) = (predictions, actions);

    /// <summary>Returns the expected reward of an action at a choice.</summary>
    internal float Of(int choice, int action) => _predictions[choice * _actions + action];

    /// <param name="log">The choices.</param>
    /// <param name="folds">The number of folds, 2 or more.</param>
    /// <param name="seed">The same seed gives the same folds.</param>
    internal static CrossFittedRewards Fit(ChoiceLog log, int folds, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        int columns = log.Features.Count, size = columns + 1, actions = log.Actions.Count;
        folds = Math.Min(folds, log.Count);
        var foldOf = AssignFolds(log.Count, folds, seed);
        var (means, scales) = LinearModels.Standards(log.Contexts, columns);
        var x = new double[size];

        // The normal equations per action and fold, to be summed over the other folds.
        var gram = new double[actions * folds][];
        var moment = new double[actions * folds][];
        for (var k = 0; k < gram.Length; k++)
        {
            (gram[k], moment[k]) = (new double[size * size], new double[size]);
        }

        for (var i = 0; i < log.Count; i++)
        {
            Standardise(i);
            var (a, b) = (gram[log.Chosen[i] * folds + foldOf[i]], moment[log.Chosen[i] * folds + foldOf[i]]);
            for (var j = 0; j < size; j++)
            {
                b[j] += x[j] * log.Rewards[i];
                for (var k = 0; k <= j; k++)
                {
                    a[j * size + k] += x[j] * x[k];
                }
            }
        }

        var weights = new double[actions * folds][];
        for (var action = 0; action < actions; action++)
        {
            for (var fold = 0; fold < folds; fold++)
            {
                weights[action * folds + fold] = Solve(action, fold);
            }
        }

        var predictions = new float[checked(log.Count * actions)];
        for (var i = 0; i < log.Count; i++)
        {
            Standardise(i);
            for (var action = 0; action < actions; action++)
            {
                var w = weights[action * folds + foldOf[i]];
                double sum = 0;
                for (var j = 0; j < size; j++)
                {
                    sum += w[j] * x[j];
                }

                predictions[i * actions + action] = (float)sum;
            }
        }

        return new CrossFittedRewards(predictions, actions);

        void Standardise(int choice)
        {
            var row = log.Context(choice);
            for (var j = 0; j < columns; j++)
            {
                x[j] = float.IsFinite(row[j]) ? (row[j] - means[j]) / scales[j] : 0;
            }

            x[columns] = 1;
        }

        double[] Solve(int action, int without)
        {
            var a = new double[size * size];
            var b = new double[size];
            for (var fold = 0; fold < folds; fold++)
            {
                if (fold == without)
                {
                    continue;
                }

                var (from, moments) = (gram[action * folds + fold], moment[action * folds + fold]);
                for (var j = 0; j < a.Length; j++)
                {
                    a[j] += from[j];
                }

                for (var j = 0; j < size; j++)
                {
                    b[j] += moments[j];
                }
            }

            for (var j = 0; j < size; j++)
            {
                a[j * size + j] += j < columns ? Ridge : Tiny;
            }

            return LinearModels.Solve(a, b, size);
        }
    }

    static int[] AssignFolds(int count, int folds, ulong seed)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        new SeededRandom(seed).Choose(order, count);
        var foldOf = new int[count];
        for (var i = 0; i < count; i++)
        {
            foldOf[order[i]] = i % folds;
        }

        return foldOf;
    }
}
