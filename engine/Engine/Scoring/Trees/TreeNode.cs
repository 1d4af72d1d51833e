namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A node of a decision tree in its only evaluated form: a leaf, or a branch on "value ≤ threshold".</summary>
abstract record TreeNode(int Height);
