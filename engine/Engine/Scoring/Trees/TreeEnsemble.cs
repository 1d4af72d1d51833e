namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A sum of decision trees and a bias.</summary>
/// <param name="Trees">The trees, in order of addition.</param>
/// <param name="Base">The bias, added last.</param>
/// <param name="IsLogistic">Whether the score is the sigmoid of the sum.</param>
sealed record TreeEnsemble(IReadOnlyList<TreeNode> Trees, float Base, bool IsLogistic);
