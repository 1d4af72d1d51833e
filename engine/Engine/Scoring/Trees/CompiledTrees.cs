using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A tree ensemble as <see cref="TreeBatch"/> walks it: twigs of three comparisons, in the order of the trees, and the branches
/// that join them where a tree is higher than a twig. Shared by all threads.</summary>
internal sealed class CompiledTrees
{
    // A tree on average; eight are a complete one of height 5.
    private const int MostTwigs = 8;

    private readonly List<TreeColumn> _columns = [];
    private readonly List<Twig> _twigs = [];
    private readonly List<Join> _joins = [];
    private int _waiting;

    private CompiledTrees(TreeEnsemble ensemble)
    {
        Base = ensemble.Base;
        IsLogistic = ensemble.IsLogistic;
        foreach (var tree in ensemble.Trees)
        {
            Add(tree, 0);
            CollectionsMarshal.AsSpan(_twigs)[^1].IsLast = true;
        }
        TreeCount = ensemble.Trees.Count;
    }

    /// <summary>The columns that are compared.</summary>
    internal ReadOnlySpan<TreeColumn> Columns => CollectionsMarshal.AsSpan(_columns);

    internal ReadOnlySpan<Twig> Twigs => CollectionsMarshal.AsSpan(_twigs);

    internal ReadOnlySpan<Join> Joins => CollectionsMarshal.AsSpan(_joins);

    /// <summary>Subtrees of one tree that wait at most for the one beside them.</summary>
    internal int MostWaiting { get; private set; }

    internal int TreeCount { get; }

    /// <summary>Added to the sum at the end.</summary>
    internal float Base { get; }

    /// <summary>The score is the sigmoid of the sum.</summary>
    internal bool IsLogistic { get; }

    /// <summary>Makes it, or null where the trees are so large that ONNX Runtime may be as fast: it goes down one path of each, and here all
    /// are worked out.</summary>
    internal static CompiledTrees? Compile(TreeEnsemble ensemble)
    {
        var compiled = new CompiledTrees(ensemble);
        return compiled.Twigs.Length <= MostTwigs * compiled.TreeCount ? compiled : null;
    }

    // In the order of the leaves; a branch's number of joins counts those that are complete when its last twig is.
    private void Add(TreeNode node, int joins)
    {
        if (node is TreeBranch { Height: > 2 } branch)
        {
            Add(branch.Low, 0);
            MostWaiting = Math.Max(MostWaiting, ++_waiting);
            Add(branch.High, joins + 1);
            _waiting--;
            _joins.Add(new Join(Place(branch.Column), branch.Threshold));
            return;
        }
        var (low, high) = Sides(node);
        var ((lowLow, lowHigh), (highLow, highHigh)) = (Sides(low), Sides(high));
        var (root, left, right) = (Test(node), Test(low), Test(high));
        _twigs.Add(new Twig
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

    // A leaf stands for a branch of which both sides are that leaf.
    private static (TreeNode Low, TreeNode High) Sides(TreeNode node) => node is TreeBranch b ? (b.Low, b.High) : (node, node);

    private (int Column, float Threshold) Test(TreeNode node) => node is TreeBranch b ? (Place(b.Column), b.Threshold) : (0, float.NaN);

    private int Place(TreeColumn column)
    {
        var place = _columns.IndexOf(column);
        if (place >= 0) return place;
        _columns.Add(column);
        return _columns.Count - 1;
    }
}

/// <summary>A tree, or a part of one, of three comparisons and four leaves.</summary>
internal struct Twig
{
    internal int Column, LowColumn, HighColumn;
    internal float Threshold, LowThreshold, HighThreshold;
    internal float LowLow, LowHigh, HighLow, HighHigh;

    /// <summary>How many branches are to be joined when this is known.</summary>
    internal int Joins;

    /// <summary>A tree is complete with it.</summary>
    internal bool IsLast;
}

/// <summary>A branch over the part that waits longest but for one, the low side, and the part that was just made.</summary>
internal readonly record struct Join(int Column, float Threshold);
