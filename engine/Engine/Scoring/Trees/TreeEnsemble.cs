namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A sum of decision trees and a bias, and what turns it into a score.</summary>
/// <param name="Trees">The trees, in order of addition.</param>
/// <param name="Base">The bias, added last.</param>
/// <param name="IsLogistic">Whether the score is the sigmoid of the sum.</param>
sealed record TreeEnsemble(IReadOnlyList<TreeNode> Trees, float Base, bool IsLogistic)
{
    /// <summary>Multiplies the sum.</summary>
    internal float Scale { get; init; } = 1;

    /// <summary>Added after the multiplication.</summary>
    internal float Shift { get; init; }

    /// <summary>The score by the range of the sum, instead of the sum itself.</summary>
    internal ScoreSteps? Steps { get; init; }
}
