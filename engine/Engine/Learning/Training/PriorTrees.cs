using CartRecovery.Engine.Scoring.Trees;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>Takes over a served model's trees, as the prior of a model that is trained on a shop's own rows.</summary>
static class PriorTrees
{
    /// <summary>Converts an ensemble.</summary>
    /// <param name="ensemble">The trees.</param>
    /// <param name="columns">The column of each of its features in the new model's rows.</param>
    /// <returns><see langword="null"/> if its score is not the sigmoid of a sum of trees.</returns>
    internal static BoostedTrees? Of(TreeEnsemble? ensemble, IReadOnlyList<int> columns)
    {
        if (ensemble is not { IsLogistic: true, Steps: null })
        {
            return null;
        }

        var trees = new List<RegressionTree>();
        foreach (var root in ensemble.Trees)
        {
            var tree = new RegressionTree();
            if (!TryAdd(tree, tree.AddLeaf(0), root, columns))
            {
                return null;
            }

            trees.Add(tree);
        }

        return new BoostedTrees(ensemble.Base, trees, "the prior").Scaled(ensemble.Scale, ensemble.Shift);
    }

    static bool TryAdd(RegressionTree tree, int place, TreeNode node, IReadOnlyList<int> columns)
    {
        if (node is TreeLeaf leaf)
        {
            tree.Value[place] = leaf.Value;
            return true;
        }

        var branch = (TreeBranch)node;
        var (left, right) = (tree.AddLeaf(0), tree.AddLeaf(0));
        tree.Split(place, columns[branch.Column.Feature], branch.Threshold, branch.Column.MissingIsLow, left, right);
        return !float.IsNaN(branch.Threshold) && TryAdd(tree, left, branch.Low, columns) && TryAdd(tree, right, branch.High, columns);
    }
}
