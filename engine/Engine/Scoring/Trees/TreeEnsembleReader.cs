namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>
/// Converts an ensemble's attributes to decision trees. Every ONNX comparison becomes "value ≤ threshold", with swapped branches for
/// opposite comparisons and an explicit side for missing values.
/// </summary>
sealed class TreeEnsembleReader
{
    const int MaxHeight = 64, MaxNodes = 1 << 18;

    static readonly string[] s_common =
    [
        "aggregate_function", "base_values", "nodes_falsenodeids", "nodes_featureids", "nodes_hitrates", "nodes_missing_value_tracks_true",
        "nodes_modes", "nodes_nodeids", "nodes_treeids", "nodes_truenodeids", "nodes_values", "post_transform",
    ];

    readonly int _features;
    readonly List<long> _treeIds, _nodeIds, _featureIds, _trueIds, _falseIds, _missingTrue;
    readonly List<string> _modes;
    readonly List<float> _thresholds;
    readonly Dictionary<(long Tree, long Node), int> _nodes = [];
    readonly Dictionary<(long Tree, long Node), float> _weights = [];
    int _made;

    TreeEnsembleReader(TreeEnsembleFile file, int features)
    {
        _features = features;
        _treeIds = file.Ints("nodes_treeids");
        _nodeIds = file.Ints("nodes_nodeids");
        _featureIds = file.Ints("nodes_featureids");
        _trueIds = file.Ints("nodes_truenodeids");
        _falseIds = file.Ints("nodes_falsenodeids");
        _missingTrue = file.Ints("nodes_missing_value_tracks_true");
        _modes = file.Texts("nodes_modes");
        _thresholds = file.Floats("nodes_values");
        var count = _treeIds.Count;
        Require(_nodeIds.Count == count && _featureIds.Count == count && _trueIds.Count == count && _falseIds.Count == count
            && _modes.Count == count && _thresholds.Count == count && (_missingTrue.Count == count || _missingTrue.Count == 0), "nodes of one length");
        for (var i = 0; i < count; i++)
        {
            Require(_nodes.TryAdd((_treeIds[i], _nodeIds[i]), i), "a node once");
        }
    }

    /// <summary>Reads an ensemble's trees.</summary>
    /// <param name="file">Its attributes.</param>
    /// <param name="features">Floats per row.</param>
    /// <exception cref="NotSupportedException">The ensemble is of an unsupported kind or inconsistent.</exception>
    internal static TreeEnsemble Read(TreeEnsembleFile file, int features)
    {
        var reader = new TreeEnsembleReader(file, features);
        Require(file.Text("aggregate_function", "SUM") == "SUM", "a sum");
        var isLogistic = Transform(file) == "LOGISTIC" && file.IsClassifier; // ONNX Runtime passes it over for a sum of one target
        if (file.IsClassifier)
        {
            reader.ReadClasses(file, isLogistic);
        }
        else
        {
            reader.ReadTargets(file);
        }

        Require(!(isLogistic && (file.HasSigmoid || file.Steps is not null)), "one sigmoid");
        var steps = file.Steps is { } calibration ? ScoreSteps.Of(Read(calibration, 1)) ?? throw Not("ascending steps") : null;
        var bases = file.Floats("base_values");
        return new TreeEnsemble(reader.Trees(), bases.Count == 0 ? 0 : bases[0], isLogistic || file.HasSigmoid)
        {
            Scale = file.Scale ?? 1,
            Shift = file.Shift ?? 0,
            Steps = steps,
        };
    }

    void ReadTargets(TreeEnsembleFile file)
    {
        string[] known = [.. s_common, "n_targets", "target_ids", "target_nodeids", "target_treeids", "target_weights"];
        Require(!file.Names.Except(known, StringComparer.Ordinal).Any() && file.Int("n_targets", 0) == 1, "one target");
        Require(file.Floats("base_values").Count <= 1, "one base value");
        ReadWeights(file, "target", 0);
    }

    /// <summary>Selects the score of the second of two classes. If all weights belong to one class, they count as the second's.</summary>
    void ReadClasses(TreeEnsembleFile file, bool isLogistic)
    {
        string[] known = [.. s_common, "class_ids", "class_nodeids", "class_treeids", "class_weights", "classlabels_int64s", "classlabels_strings"];
        Require(!file.Names.Except(known, StringComparer.Ordinal).Any(), "attributes that are known");
        Require(file.Ints("classlabels_int64s").Count + file.Texts("classlabels_strings").Count == 2, "two classes");
        var isFirst = !file.Ints("class_ids").Contains(1);
        ReadWeights(file, "class", isFirst ? 0 : 1);
        // ONNX Runtime's rules for base values in the other case are left to it.
        Require(file.Floats("base_values").Count <= (isFirst ? 1 : 0), "a base value for the only class");
        // With a single class, ONNX Runtime makes a negative sum positive.
        Require(!isFirst || isLogistic || file.Floats("class_weights").TrueForAll(w => w >= 0), "a score that is not below 0");
    }

    void ReadWeights(TreeEnsembleFile file, string kind, long wanted)
    {
        List<long> ids = file.Ints($"{kind}_ids"), trees = file.Ints($"{kind}_treeids"), nodes = file.Ints($"{kind}_nodeids");
        var weights = file.Floats($"{kind}_weights");
        Require(trees.Count == ids.Count && nodes.Count == ids.Count && weights.Count == ids.Count, "weights of one length");
        for (var i = 0; i < ids.Count; i++)
        {
            if (ids[i] == wanted)
            {
                Require(_weights.TryAdd((trees[i], nodes[i]), weights[i]), "one weight a leaf");
            }
        }
    }

    static string Transform(TreeEnsembleFile file)
    {
        var transform = file.Text("post_transform", "NONE");
        Require(transform is "NONE" or "LOGISTIC", "a transform of these");
        return transform;
    }

    List<TreeNode> Trees()
    {
        var trees = new List<TreeNode>();
        var begun = new HashSet<long>();
        for (var i = 0; i < _treeIds.Count; i++)
        {
            if (i > 0 && _treeIds[i] == _treeIds[i - 1])
            {
                continue;
            }

            Require(begun.Add(_treeIds[i]), "a tree in one piece");
            trees.Add(Make(i, 0));
        }
        Require(trees.Count > 0, "a tree");
        return trees;
    }

    // The "tree" may be a graph or contain cycles, so height and node count are bounded.
    TreeNode Make(int i, int depth)
    {
        Require(depth <= MaxHeight && ++_made <= MaxNodes, "a tree of a size");
        if (_modes[i] == "LEAF")
        {
            return new TreeLeaf(_weights.TryGetValue((_treeIds[i], _nodeIds[i]), out var weight) ? weight : throw Not("a weight a leaf"));
        }

        var (feature, threshold) = (_featureIds[i], _thresholds[i]);
        Require(feature >= 0 && feature < _features && !float.IsNaN(threshold), "a threshold of a feature");
        var whenTrue = Make(Child(i, _trueIds[i]), depth + 1);
        var whenFalse = Make(Child(i, _falseIds[i]), depth + 1);
        var missing = _missingTrue.Count > 0 && _missingTrue[i] != 0;
        // With swapped branches, a missing value on neither side must be low to reach the false branch.
        TreeColumn direct = new((int)feature, missing), opposite = new((int)feature, !missing);
        return _modes[i] switch
        {
            "BRANCH_LEQ" => new TreeBranch(direct, threshold, whenTrue, whenFalse),
            "BRANCH_LT" => new TreeBranch(direct, Below(threshold), whenTrue, whenFalse),
            "BRANCH_GT" => new TreeBranch(opposite, threshold, whenFalse, whenTrue),
            "BRANCH_GTE" => new TreeBranch(opposite, Below(threshold), whenFalse, whenTrue),
            "BRANCH_EQ" => Equal(direct, threshold, whenTrue, whenFalse),
            // A missing value is unequal to every number without further rules.
            "BRANCH_NEQ" => Equal(new((int)feature, MissingIsLow: false), threshold, whenFalse, whenTrue),
            _ => throw Not("a comparison of these"),
        };
    }

    // Up to the threshold but not below it.
    TreeBranch Equal(TreeColumn column, float threshold, TreeNode whenEqual, TreeNode otherwise)
    {
        _made++;
        var below = new TreeBranch(column with { MissingIsLow = false }, Below(threshold), otherwise, whenEqual);
        return new TreeBranch(column, threshold, below, otherwise);
    }

    int Child(int parent, long id) => _nodes.TryGetValue((_treeIds[parent], id), out var child) ? child : throw Not("a node that is there");

    /// <summary>Computes the greatest number below: x &lt; t is x ≤ Below(t).</summary>
    static float Below(float threshold)
    {
        Require(threshold > float.NegativeInfinity, "a threshold with numbers below it");
        return MathF.BitDecrement(threshold);
    }

    static void Require(bool isSo, string what)
    {
        if (!isSo)
        {
            throw Not(what);
        }
    }

    static NotSupportedException Not(string what) => new($"only {what} is evaluated here");
}
