namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// A binary tree of comparisons with a value per leaf. Node 0 is the root; a leaf's feature is −1. Values up to the threshold go left,
/// greater ones right; a missing value (NaN) goes where training sent missing values.
/// </summary>
sealed class RegressionTree
{
    internal List<int> Feature { get; } = [];

    internal List<float> Threshold { get; } = [];

    internal List<bool> MissingIsLeft { get; } = [];

    internal List<int> Left { get; } = [];

    internal List<int> Right { get; } = [];

    internal List<float> Value { get; } = [];

    /// <summary>Adds a leaf and returns its number.</summary>
    internal int AddLeaf(float value)
    {
        Feature.Add(-1);
        Threshold.Add(0);
        MissingIsLeft.Add(false);
        Left.Add(0);
        Right.Add(0);
        Value.Add(value);
        return Feature.Count - 1;
    }

    /// <summary>Converts a leaf to a comparison with two later nodes below it.</summary>
    internal void Split(int node, int feature, float threshold, bool missingIsLeft, int left, int right)
    {
        Feature[node] = feature;
        Threshold[node] = threshold;
        MissingIsLeft[node] = missingIsLeft;
        Left[node] = left;
        Right[node] = right;
        Value[node] = 0;
    }

    /// <summary>Returns the tree with its values multiplied.</summary>
    internal RegressionTree Scaled(float scale)
    {
        var scaled = new RegressionTree();
        scaled.Feature.AddRange(Feature);
        scaled.Threshold.AddRange(Threshold);
        scaled.MissingIsLeft.AddRange(MissingIsLeft);
        scaled.Left.AddRange(Left);
        scaled.Right.AddRange(Right);
        scaled.Value.AddRange(Value.Select(value => value * scale));
        return scaled;
    }

    internal float Predict(ReadOnlySpan<float> row)
    {
        var node = 0;
        while (Feature[node] is var feature and >= 0)
        {
            var value = row[feature];
            var goesLeft = float.IsNaN(value) ? MissingIsLeft[node] : value <= Threshold[node];
            node = goesLeft ? Left[node] : Right[node];
        }

        return Value[node];
    }
}
