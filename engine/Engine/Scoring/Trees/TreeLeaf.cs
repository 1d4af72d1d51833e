namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A leaf.</summary>
/// <param name="Value">The tree's contribution to the sum.</param>
sealed record TreeLeaf(float Value) : TreeNode(0);
