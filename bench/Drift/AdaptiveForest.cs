using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Bench.Drift;

/// <summary>
/// An ensemble of Hoeffding trees that follows drift: each tree learns a row as often as a Poisson variable says, and is replaced when <see
/// cref="Adwin"/> sees its errors rise, by
/// a tree that has learned since the first signs (Gomes et al., "Adaptive random forests for evolving data stream classification", 2017).
/// Trees vote by their accuracy. The same
/// seed and rows give the same forest. One thread.
/// </summary>
public sealed class AdaptiveForest : IOnlineClassifier
{
    readonly AdaptiveForestOptions _options;
    readonly int _features, _classes;
    readonly Member[] _members;
    readonly double[] _votes;
    SeededRandom _random;

    /// <param name="features">Number of features, 1 or more.</param>
    /// <param name="classes">Number of classes, 2 or more.</param>
    /// <param name="options">Size and sensitivity.</param>
    public AdaptiveForest(int features, int classes, AdaptiveForestOptions? options = null)
    {
        (_features, _classes, _options) = (features, classes, options ?? new AdaptiveForestOptions());
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Trees, 1, nameof(options));
        (_members, _votes) = (new Member[_options.Trees], new double[classes]);
        _random = new SeededRandom(_options.Seed);
        Reset();
    }

    /// <summary>Number of trees that were replaced because of drift.</summary>
    public long Replaced { get; private set; }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> row, Span<double> probabilities)
    {
        probabilities.Clear();
        double sum = 0;
        foreach (var member in _members)
        {
            member.Tree.Predict(row, _votes);
            var weight = member.Accuracy;
            for (var c = 0; c < _classes; c++)
            {
                probabilities[c] += weight * _votes[c];
            }

            sum += weight;
        }

        for (var c = 0; c < _classes; c++)
        {
            probabilities[c] = sum > 0 ? probabilities[c] / sum : 1.0 / _classes;
        }
    }

    /// <inheritdoc/>
    public void Learn(ReadOnlySpan<double> row, int label, double weight = 1)
    {
        for (var i = 0; i < _members.Length; i++)
        {
            var member = _members[i];
            member.Tree.Predict(row, _votes);
            var errs = HoeffdingLeaf.Best(_votes) != label;
            member.Count(errs);
            if (Poisson(_options.Lambda) is > 0 and var times)
            {
                member.Tree.Learn(row, label, times * weight);
                member.Successor?.Learn(row, label, times * weight);
            }

            var error = errs ? 1 : 0;
            if (member.Warning.Add(error) == MeanChange.Rise)
            {
                member.Successor = NewTree();
                member.Warning = new Adwin(_options.WarningDelta);
            }

            if (member.Drift.Add(error) == MeanChange.Rise)
            {
                Replaced++;
                _members[i] = new Member(member.Successor ?? NewTree(), _options);
            }
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _random = new SeededRandom(_options.Seed);
        for (var i = 0; i < _members.Length; i++)
        {
            _members[i] = new Member(NewTree(), _options);
        }
    }

    HoeffdingTree NewTree()
    {
        var perLeaf = _options.Tree.FeaturesPerLeaf ?? (int)Math.Ceiling(Math.Sqrt(_features)) + 1;
        return new HoeffdingTree(_features, _classes, _options.Tree with { FeaturesPerLeaf = perLeaf }, _random.Next());
    }

    // Knuth's multiplication method; fine for a small mean.
    int Poisson(double mean)
    {
        var (limit, product, count) = (Math.Exp(-mean), 1.0, -1);
        do
        {
            product *= _random.Unit();
            count++;
        }
        while (product > limit);

        return count;
    }

    sealed class Member(HoeffdingTree tree, AdaptiveForestOptions options)
    {
        // Starts at one of two, so that a new tree votes with half the weight of a perfect one.
        double _hits = 1, _count = 2;

        public HoeffdingTree Tree { get; } = tree;

        public HoeffdingTree? Successor { get; set; }

        public Adwin Warning { get; set; } = new(options.WarningDelta);

        public Adwin Drift { get; } = new(options.DriftDelta);

        public double Accuracy => _hits / _count;

        public void Count(bool errs)
        {
            _hits += errs ? 0 : 1;
            _count++;
        }
    }
}
