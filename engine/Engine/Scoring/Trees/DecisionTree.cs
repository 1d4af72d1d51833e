namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A node of a decision tree in its only evaluated form: a leaf, or a branch on "value ≤ threshold".</summary>
abstract record TreeNode(int Height);

/// <summary>A leaf.</summary>
/// <param name="Value">The tree's contribution to the sum.</param>
sealed record TreeLeaf(float Value) : TreeNode(0);

/// <summary>A comparison.</summary>
/// <param name="Column">The compared column.</param>
/// <param name="Threshold">The threshold; with NaN no value is low.</param>
/// <param name="Low">The subtree for values up to the threshold.</param>
/// <param name="High">The subtree for all other values.</param>
sealed record TreeBranch(TreeColumn Column, float Threshold, TreeNode Low, TreeNode High)
    : TreeNode(1 + Math.Max(Low.Height, High.Height));

/// <summary>A column to compare: a feature, unchanged or with −∞ for missing values (NaN).</summary>
/// <param name="Feature">Its index in the row.</param>
/// <param name="MissingIsLow">Whether a missing value is below every threshold rather than above.</param>
readonly record struct TreeColumn(int Feature, bool MissingIsLow);

/// <summary>A sum of decision trees and a bias.</summary>
/// <param name="Trees">The trees, in order of addition.</param>
/// <param name="Base">The bias, added last.</param>
/// <param name="IsLogistic">Whether the score is the sigmoid of the sum.</param>
sealed record TreeEnsemble(IReadOnlyList<TreeNode> Trees, float Base, bool IsLogistic);
