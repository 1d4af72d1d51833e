namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>A policy: the probability of each action in a context.</summary>
/// <param name="context">The context: the values of the log's features.</param>
/// <param name="likelihoods">Receives one probability per action; none negative, with sum 1.</param>
public delegate void ChoicePolicy(ReadOnlySpan<float> context, Span<double> likelihoods);

/// <summary>An estimate with its uncertainty.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="StandardError">The standard error, in the same unit.</param>
public readonly record struct Estimate(double Value, double StandardError)
{
    // The normal distribution's quantile: the estimates are means over many choices.
    const double Z = 1.959963984540054;

    /// <summary>Lower bound of the 95% confidence interval.</summary>
    public double Low => Value - (Z * StandardError);

    /// <summary>Upper bound of the 95% confidence interval.</summary>
    public double High => Value + (Z * StandardError);

    /// <summary>Computes the mean of values and its standard error.</summary>
    internal static Estimate OfMean(ReadOnlySpan<double> values)
    {
        double mean = 0, squares = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var delta = values[i] - mean;
            mean += delta / (i + 1);
            squares += delta * (values[i] - mean);
        }

        return new Estimate(mean, Math.Sqrt(squares / (values.Length - 1) / values.Length));
    }
}

/// <summary>
/// A policy's estimated reward per choice. A choice's weight is the policy's probability of its action over the propensity.
/// </summary>
/// <param name="Ips">Inverse propensity scoring (Horvitz and Thompson 1952): the mean of weight times reward. Unbiased, with a wide
/// interval.</param>
/// <param name="SelfNormalisedIps">The same divided by the sum of the weights (Hájek): slightly biased, with a narrower interval. Its
/// error uses the delta method.</param>
/// <param name="DoublyRobust">Dudík, Langford and Li 2011: a model's expectation plus the weighted residuals. Correct if the propensities
/// are; narrow if the model is good.</param>
/// <param name="MeanWeight">The mean weight; 1 is expected. Other values indicate wrong propensities, or that the policy chooses actions
/// that were not logged.</param>
/// <param name="EffectiveSampleSize">The number of on-policy choices with the same information: (Σw)²/Σw² (Kish).</param>
/// <param name="LargestWeight">The largest weight of a choice.</param>
public sealed record PolicyValue(
    Estimate Ips, Estimate SelfNormalisedIps, Estimate DoublyRobust, Estimate MeanWeight, double EffectiveSampleSize, double LargestWeight);

/// <summary>Estimates the value of policies from another policy's choices.</summary>
public sealed class OffPolicyEstimator
{
    const double SumTolerance = 1e-6;

    readonly ChoiceLog _log;
    readonly CrossFittedRewards _expected;

    /// <summary>Fits the reward model used for all policies.</summary>
    /// <param name="log">The choices.</param>
    /// <param name="folds">The number of folds for cross-fitting, 2 or more.</param>
    /// <param name="seed">The random seed for the folds.</param>
    public OffPolicyEstimator(ChoiceLog log, int folds = 5, ulong seed = 1)
    {
        _log = log;
        _expected = CrossFittedRewards.Fit(log, folds, seed);
    }

    /// <summary>Reward per choice of the logging policy.</summary>
    public Estimate Logged => Estimate.OfMean(_log.Rewards);

    /// <summary>Creates the policy that always chooses one action.</summary>
    public static ChoicePolicy Always(int action) => (_, likelihoods) =>
    {
        likelihoods.Clear();
        likelihoods[action] = 1;
    };

    /// <summary>Estimates the value of a policy.</summary>
    /// <exception cref="ArgumentException">The policy's probabilities are invalid, it may choose an action that was never logged, or it
    /// chooses none that was.</exception>
    public PolicyValue Evaluate(ChoicePolicy policy)
    {
        var count = _log.Count;
        double[] weights = new double[count], weighted = new double[count], robust = new double[count];
        var likelihoods = new double[_log.Actions.Count];
        for (var i = 0; i < count; i++)
        {
            policy(_log.Context(i), likelihoods);
            Check(likelihoods, i);
            var (action, reward) = (_log.Chosen[i], _log.Rewards[i]);
            weights[i] = likelihoods[action] / _log.Propensities[i];
            weighted[i] = weights[i] * reward;
            robust[i] = weights[i] * (reward - _expected.Of(i, action));
            for (var a = 0; a < likelihoods.Length; a++)
            {
                robust[i] += likelihoods[a] * _expected.Of(i, a);
            }
        }

        double sum = 0, squares = 0, largest = 0, sumOfWeighted = 0;
        for (var i = 0; i < count; i++)
        {
            sum += weights[i];
            squares += weights[i] * weights[i];
            largest = Math.Max(largest, weights[i]);
            sumOfWeighted += weighted[i];
        }

        if (sum == 0)
        {
            throw new ArgumentException("The policy chooses nothing that was logged.", nameof(policy));
        }

        var normalised = sumOfWeighted / sum;
        double residuals = 0;
        for (var i = 0; i < count; i++)
        {
            var residual = weights[i] * (_log.Rewards[i] - normalised);
            residuals += residual * residual;
        }

        return new PolicyValue(Estimate.OfMean(weighted), new Estimate(normalised, Math.Sqrt(residuals) / sum), Estimate.OfMean(robust),
            Estimate.OfMean(weights), sum * sum / squares, largest);
    }

    void Check(double[] likelihoods, int choice)
    {
        double sum = 0;
        for (var a = 0; a < likelihoods.Length; a++)
        {
            if (!(likelihoods[a] >= 0))
            {
                throw new ArgumentException($"The policy chooses '{_log.Actions[a]}' with probability {likelihoods[a]} at choice {choice + 1}; it must be 0 or more.");
            }

            if (likelihoods[a] > 0 && _log.Logged[a] == 0)
            {
                throw new ArgumentException($"The policy may choose '{_log.Actions[a]}', which was never logged.");
            }

            sum += likelihoods[a];
        }

        if (!(Math.Abs(sum - 1) <= SumTolerance))
        {
            throw new ArgumentException($"The policy's likelihoods at choice {choice + 1} sum to {sum} instead of 1.");
        }
    }
}
