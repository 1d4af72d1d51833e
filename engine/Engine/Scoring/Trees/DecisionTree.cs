namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A node of a decision tree in the one form that is evaluated: a leaf, or a branch on "value ≤ threshold".</summary>
internal abstract record TreeNode(int Height);

/// <summary>The end of a path.</summary>
/// <param name="Value">What the tree adds to the sum.</param>
internal sealed record TreeLeaf(float Value) : TreeNode(0);

/// <summary>A comparison.</summary>
/// <param name="Column">What is compared.</param>
/// <param name="Threshold">NaN holds for no value.</param>
/// <param name="Low">Where values up to the threshold go.</param>
/// <param name="High">Where all others go.</param>
internal sealed record TreeBranch(TreeColumn Column, float Threshold, TreeNode Low, TreeNode High)
    : TreeNode(1 + Math.Max(Low.Height, High.Height));

/// <summary>A column of values to compare: a feature, as it is or with −∞ where it is missing (NaN).</summary>
/// <param name="Feature">Its place in the row.</param>
/// <param name="MissingIsLow">A missing value is up to every threshold, instead of to none.</param>
internal readonly record struct TreeColumn(int Feature, bool MissingIsLow);

/// <summary>A sum of decision trees, to which a base is added.</summary>
/// <param name="Trees">In the order in which they are added.</param>
/// <param name="Base">Added last.</param>
/// <param name="IsLogistic">The score is the sigmoid of the sum.</param>
internal sealed record TreeEnsemble(IReadOnlyList<TreeNode> Trees, float Base, bool IsLogistic);
