namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>A policy: how likely it is to choose each action in a context.</summary>
/// <param name="context">What is known before the choice: the log's features.</param>
/// <param name="likelihoods">To be filled in, one for each of the log's actions; none below 0, their sum 1.</param>
public delegate void ChoicePolicy(ReadOnlySpan<float> context, Span<double> likelihoods);

/// <summary>An estimate and how sure it is.</summary>
/// <param name="Value">In the unit of what was estimated.</param>
/// <param name="StandardError">In the same unit.</param>
public readonly record struct Estimate(double Value, double StandardError)
{
    // Of the normal distribution: the estimates are means over many choices.
    const double Z = 1.959963984540054;

    /// <summary>The lower bound of the 95% confidence interval.</summary>
    public double Low => Value - (Z * StandardError);

    /// <summary>The upper bound of the 95% confidence interval.</summary>
    public double High => Value + (Z * StandardError);

    /// <summary>The mean of values and its standard error.</summary>
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

/// <summary>What a policy would have brought per choice. A choice's weight is the policy's likelihood of its action over the propensity.</summary>
/// <param name="Ips">Inverse propensity scoring (Horvitz and Thompson 1952): the mean of weight times reward. Without bias, and wide.</param>
/// <param name="SelfNormalisedIps">The same over the sum of the weights (Hájek): a little bias, and narrower. Its error by the delta method.</param>
/// <param name="DoublyRobust">Dudík, Langford and Li 2011: a model's expectation, and what the weighted choices show that it misses. Right if
/// the propensities are, narrow if the model is good.</param>
/// <param name="MeanWeight">1 is expected. Anything else says that the propensities are not those of the choices, or that the policy goes
/// where nothing was logged.</param>
/// <param name="EffectiveSampleSize">As many choices of the policy's own would say as much: (Σw)²/Σw² (Kish).</param>
/// <param name="LargestWeight">The weight of the choice that counts most.</param>
public sealed record PolicyValue(
    Estimate Ips, Estimate SelfNormalisedIps, Estimate DoublyRobust, Estimate MeanWeight, double EffectiveSampleSize, double LargestWeight);

/// <summary>Values policies by choices that another policy made.</summary>
public sealed class OffPolicyEstimator
{
    const double SumTolerance = 1e-6;

    readonly ChoiceLog _log;
    readonly CrossFittedRewards _expected;

    /// <summary>Fits the model of rewards, which all policies are valued with.</summary>
    /// <param name="log">The choices.</param>
    /// <param name="folds">Of the cross-fitting, 2 or more.</param>
    /// <param name="seed">Decides the folds.</param>
    public OffPolicyEstimator(ChoiceLog log, int folds = 5, ulong seed = 1)
    {
        _log = log;
        _expected = CrossFittedRewards.Fit(log, folds, seed);
    }

    /// <summary>What the policy that made the choices brought per choice.</summary>
    public Estimate Logged => Estimate.OfMean(_log.Rewards);

    /// <summary>The policy that always chooses one action.</summary>
    public static ChoicePolicy Always(int action) => (_, likelihoods) =>
    {
        likelihoods.Clear();
        likelihoods[action] = 1;
    };

    /// <summary>Values a policy.</summary>
    /// <exception cref="ArgumentException">Its likelihoods are none, it may choose an action that was never logged, or it chooses nothing
    /// that was.</exception>
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
            for (var a = 0; a < likelihoods.Length; a++) robust[i] += likelihoods[a] * _expected.Of(i, a);
        }

        double sum = 0, squares = 0, largest = 0, sumOfWeighted = 0;
        for (var i = 0; i < count; i++)
        {
            sum += weights[i];
            squares += weights[i] * weights[i];
            largest = Math.Max(largest, weights[i]);
            sumOfWeighted += weighted[i];
        }

        if (sum == 0) throw new ArgumentException("The policy chooses nothing that was logged.", nameof(policy));
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
            if (!(likelihoods[a] >= 0)) throw new ArgumentException($"The policy chooses '{_log.Actions[a]}' with the likelihood {likelihoods[a]} at choice {choice + 1}.");
            if (likelihoods[a] > 0 && _log.Logged[a] == 0) throw new ArgumentException($"The policy may choose '{_log.Actions[a]}', which was never logged: nothing is known of it.");
            sum += likelihoods[a];
        }

        if (!(Math.Abs(sum - 1) <= SumTolerance)) throw new ArgumentException($"The policy's likelihoods at choice {choice + 1} have the sum {sum}; it must be 1.");
    }
}
