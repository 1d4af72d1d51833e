using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>Trains boosted trees, one after the other, each on the derivatives of the log loss at the sum of the previous ones.</summary>
sealed class TreeBooster
{
    readonly TrainingSet _set;
    readonly BoostedTreesOptions _options;
    readonly ulong _seed;
    readonly TrainingSet? _watch;
    readonly TrainingRun _run;
    readonly float _start;
    readonly BoostedTrees? _former;
    readonly float[] _sums;
    readonly float[] _watchSums;
    readonly float[] _derivatives;
    readonly int[] _rows;
    readonly bool[] _isSampled;
    readonly List<RegressionTree> _trees = [];

    // Of the trees with the lowest loss on the watched rows.
    double _lowest = double.PositiveInfinity;
    int _best;

    internal TreeBooster(TrainingSet set, BoostedTreesOptions options, ulong seed, TrainingSet? watch, TrainingRun run, BoostedTrees? start = null)
    {
        options.Check();
        run.CheckMemory(set, options);
        ArgumentOutOfRangeException.ThrowIfLessThan(run.CheckpointEvery, 1, nameof(run));
        if (watch is null && options.Patience > 0)
        {
            throw new ArgumentException("Early stopping needs rows to watch.", nameof(watch));
        }

        if (start is not null && run.CheckpointPath is not null)
        {
            throw new ArgumentException("A run that begins with trees has no checkpoint.", nameof(run));
        }

        (_set, _options, _seed, _run, _former) = (set, options, seed, run, start);
        _watch = options.Patience > 0 ? watch : null;
        double positives = set.Positives * options.PositiveWeight, negatives = set.Count - set.Positives;
        var rate = Math.Clamp(positives / Math.Max(1, positives + negatives), 1e-6, 1 - 1e-6);
        _start = (float)Math.Log(rate / (1 - rate));
        _sums = new float[set.Count];
        _watchSums = new float[_watch?.Count ?? 0];
        _derivatives = new float[2 * set.Count];
        _rows = new int[set.Count];
        _isSampled = new bool[set.Count];
        Begin(_sums, set);
        Begin(_watchSums, _watch);
        if (start is not null && _watch is not null)
        {
            // No tree at all may be the best.
            _lowest = WatchedLoss();
        }
    }

    void Begin(float[] sums, TrainingSet? rows)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = _former?.Logit(rows!.Row(i)) ?? _start;
        }
    }

    internal BoostedTrees Run()
    {
        var checkpoint = _run.CheckpointPath is { } path ? new BoostingCheckpoint(path, _set, _watch, _options, _seed) : null;
        foreach (var tree in checkpoint?.Read() ?? [])
        {
            // One value at a time, as in training, for the same bits.
            AddToAll(tree, onlyUnsampled: false);
            Count(tree);
        }

        var bins = new FeatureBins(_set, _options.MaxBins);
        var finder = new SplitFinder(bins, _options.Directions(_set.Features), _options);
        var grower = new TreeGrower(bins, finder, _options, _set.Count);
        while (_trees.Count < _options.Count && !HasStopped)
        {
            if (_run.Cancellation.IsCancellationRequested)
            {
                checkpoint?.Write(_trees);
                _run.Cancellation.ThrowIfCancellationRequested();
            }

            // A generator of its own for each tree, so that a resumed run draws the same.
            var random = new SeededRandom(_seed ^ (ulong)(_trees.Count + 1) * 0xD1342543DE82EF95);
            Derive();
            var count = SampleRows(random);
            var tree = grower.Grow(_derivatives, _rows, count, SampleFeatures(random));
            grower.AddTo(_sums);
            AddToAll(tree, onlyUnsampled: true);
            Count(tree);
            _run.Progress?.Invoke(_trees.Count);
            if (_trees.Count % _run.CheckpointEvery == 0)
            {
                checkpoint?.Write(_trees);
            }
        }
        checkpoint?.Delete();
        var trees = _watch is null ? _trees : _trees[.._best];
        return _former?.With(trees, _options.Shape) ?? new BoostedTrees(_start, trees, _options.Shape);
    }

    bool HasStopped => _watch is not null && _trees.Count - _best >= _options.Patience;

    void Derive()
    {
        var weight = (float)_options.PositiveWeight;
        var labels = _set.Labels;
        for (var i = 0; i < labels.Length; i++)
        {
            var p = LearnedExtensions.Sigmoid(_sums[i]);
            var w = labels[i] == 1 ? weight : 1;
            _derivatives[2 * i] = w * (p - labels[i]);
            _derivatives[2 * i + 1] = w * Math.Max(p * (1 - p), 1e-12f);
        }
    }

    // Exactly the share, in ascending order (selection sampling: Knuth, volume 2, algorithm S).
    int SampleRows(SeededRandom random)
    {
        int n = _set.Count, wanted = Math.Max(1, (int)(n * _options.RowShare)), chosen = 0;
        for (var i = 0; i < n; i++)
        {
            _isSampled[i] = wanted == n || random.Unit() * (n - i) < wanted - chosen;
            _rows[chosen] = i;
            chosen += _isSampled[i] ? 1 : 0;
            if (chosen == wanted && wanted < n)
            {
                Array.Clear(_isSampled, i + 1, n - i - 1);
                break;
            }
        }
        return chosen;
    }

    int[] SampleFeatures(SeededRandom random)
    {
        int columns = _set.Features.Count, count = Math.Max(1, (int)Math.Ceiling(columns * _options.FeatureShare));
        int[] features = [.. Enumerable.Range(0, columns)];
        if (count < columns)
        {
            random.Choose(features, count);
        }

        var chosen = features[..count];
        Array.Sort(chosen);
        return chosen;
    }

    void AddToAll(RegressionTree tree, bool onlyUnsampled)
    {
        for (var i = 0; i < _sums.Length; i++)
        {
            if (!onlyUnsampled || !_isSampled[i])
            {
                _sums[i] += tree.Predict(_set.Row(i));
            }
        }
    }

    void Count(RegressionTree tree)
    {
        _trees.Add(tree);
        if (_watch is null)
        {
            return;
        }

        for (var i = 0; i < _watchSums.Length; i++)
        {
            _watchSums[i] += tree.Predict(_watch.Row(i));
        }

        if (WatchedLoss() is var loss && loss < _lowest)
        {
            (_lowest, _best) = (loss, _trees.Count);
        }
    }

    double WatchedLoss()
    {
        double loss = 0;
        for (var i = 0; i < _watchSums.Length; i++)
        {
            double z = _watch!.Labels[i] == 1 ? -_watchSums[i] : _watchSums[i], w = _watch.Labels[i] == 1 ? _options.PositiveWeight : 1;
            loss += w * (Math.Max(z, 0) + Math.Log(1 + Math.Exp(-Math.Abs(z))));
        }

        return loss;
    }
}
