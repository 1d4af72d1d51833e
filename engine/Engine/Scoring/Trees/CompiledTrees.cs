using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>
/// A tree ensemble compiled for <see cref="TreeBatch"/>: subtrees of three comparisons in tree order, and the branches that join
/// them in higher trees. Shared by all threads.
/// </summary>
sealed class CompiledTrees
{
    // Average per tree; eight subtrees make a complete tree of height 5.
    const int MaxSubtrees = 8;

    readonly List<TreeColumn> _columns = [];
    readonly List<Subtree> _subtrees = [];
    readonly List<JoinNode> _joins = [];
    int _waiting;

    CompiledTrees(TreeEnsemble ensemble)
    {
        Base = ensemble.Base;
        IsLogistic = ensemble.IsLogistic;
        (Scale, Shift, Steps) = (ensemble.Scale, ensemble.Shift, ensemble.Steps);
        foreach (var tree in ensemble.Trees)
        {
            Add(tree, 0);
            CollectionsMarshal.AsSpan(_subtrees)[^1].IsLast = true;
        }
        TreeCount = ensemble.Trees.Count;
    }

    /// <summary>Compared columns.</summary>
    internal ReadOnlySpan<TreeColumn> Columns => CollectionsMarshal.AsSpan(_columns);

    internal ReadOnlySpan<Subtree> Subtrees => CollectionsMarshal.AsSpan(_subtrees);

    internal ReadOnlySpan<JoinNode> Joins => CollectionsMarshal.AsSpan(_joins);

    /// <summary>Maximum number of subtrees of one tree waiting for their siblings.</summary>
    internal int MaxWaiting { get; private set; }

    internal int TreeCount { get; }

    /// <summary>Bias added to the sum.</summary>
    internal float Base { get; }

    /// <summary>Multiplies the sum, before the sigmoid or the steps.</summary>
    internal float Scale { get; }

    /// <summary>Added to the product.</summary>
    internal float Shift { get; }

    /// <summary>The score by the range of the sum, if it is calibrated by steps.</summary>
    internal ScoreSteps? Steps { get; }

    /// <summary>Whether the score is the sigmoid of the sum.</summary>
    internal bool IsLogistic { get; }

    /// <summary>
    /// Compiles an ensemble; null if its trees are so large that ONNX Runtime may be as fast, since it follows one path per tree while
    /// this evaluates all nodes.
    /// </summary>
    internal static CompiledTrees? Compile(TreeEnsemble ensemble)
    {
        var compiled = new CompiledTrees(ensemble);
        return compiled.Subtrees.Length <= MaxSubtrees * compiled.TreeCount ? compiled : null;
    }

    // In leaf order; a branch is joined once its last subtree is complete.
    void Add(TreeNode node, int joins)
    {
        if (node is TreeBranch { Height: > 2 } branch)
        {
            Add(branch.Low, 0);
            MaxWaiting = Math.Max(MaxWaiting, ++_waiting);
            Add(branch.High, joins + 1);
            _waiting--;
            _joins.Add(new JoinNode(Place(branch.Column), branch.Threshold));
            return;
        }
        var (low, high) = Sides(node);
        var ((lowLow, lowHigh), (highLow, highHigh)) = (Sides(low), Sides(high));
        var (root, left, right) = (Test(node), Test(low), Test(high));
        _subtrees.Add(new Subtree
        {
            Column = root.Column,
            Threshold = root.Threshold,
            LowColumn = left.Column,
            LowThreshold = left.Threshold,
            HighColumn = right.Column,
            HighThreshold = right.Threshold,
            LowLow = ((TreeLeaf)lowLow).Value,
            LowHigh = ((TreeLeaf)lowHigh).Value,
            HighLow = ((TreeLeaf)highLow).Value,
            HighHigh = ((TreeLeaf)highHigh).Value,
            Joins = joins,
        });
    }

    // A leaf is expanded to a branch with that leaf on both sides.
    static (TreeNode Low, TreeNode High) Sides(TreeNode node) => node is TreeBranch b ? (b.Low, b.High) : (node, node);

    (int Column, float Threshold) Test(TreeNode node) => node is TreeBranch b ? (Place(b.Column), b.Threshold) : (0, float.NaN);

    int Place(TreeColumn column)
    {
        var place = _columns.IndexOf(column);
        if (place >= 0)
        {
            return place;
        }

        _columns.Add(column);
        return _columns.Count - 1;
    }
}

/// <summary>A tree or subtree of three comparisons and four leaves.</summary>
struct Subtree
{
    internal int Column, LowColumn, HighColumn;
    internal float Threshold, LowThreshold, HighThreshold;
    internal float LowLow, LowHigh, HighLow, HighHigh;

    /// <summary>The number of branches to join after this subtree.</summary>
    internal int Joins;

    /// <summary>Whether the subtree completes its tree.</summary>
    internal bool IsLast;
}

/// <summary>A branch that joins the second most recent waiting part (low side) and the most recent one.</summary>
readonly record struct JoinNode(int Column, float Threshold);
