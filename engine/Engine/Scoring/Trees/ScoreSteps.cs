namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A function of one number that is constant between thresholds: an isotonic calibration.</summary>
/// <param name="Thresholds">Ascending. A number up to the threshold of its step and above the one before it has the step's value.</param>
/// <param name="Values">One more than there are thresholds. A missing number has the first.</param>
sealed record ScoreSteps(float[] Thresholds, float[] Values)
{
    // More would cost as much as the trees.
    const int MaxSteps = 256;

    /// <summary>Reads the steps of a tree that compares one column; null if it does not do so in ascending order.</summary>
    internal static ScoreSteps? Of(TreeEnsemble ensemble)
    {
        List<float> thresholds = [], values = [];
        return ensemble is { Trees: [var tree], Base: 0, IsLogistic: false, Steps: null, Scale: 1, Shift: 0 } && Walk(tree)
            && thresholds.Zip(thresholds.Skip(1)).All(pair => pair.First < pair.Second) ? new ScoreSteps([.. thresholds], [.. values]) : null;

        bool Walk(TreeNode node)
        {
            if (node is TreeLeaf leaf)
            {
                values.Add(leaf.Value);
                return values.Count <= MaxSteps;
            }

            if (node is not TreeBranch { Column.MissingIsLow: true } branch || !Walk(branch.Low))
            {
                return false;
            }

            thresholds.Add(branch.Threshold);
            return Walk(branch.High);
        }
    }
}
