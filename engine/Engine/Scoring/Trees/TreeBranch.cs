namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A comparison.</summary>
/// <param name="Column">The compared column.</param>
/// <param name="Threshold">The threshold; with NaN no value is low.</param>
/// <param name="Low">The subtree for values up to the threshold.</param>
/// <param name="High">The subtree for all other values.</param>
sealed record TreeBranch(TreeColumn Column, float Threshold, TreeNode Low, TreeNode High)
    : TreeNode(1 + Math.Max(Low.Height, High.Height));
