namespace CartRecovery.Engine.Learning.Training;

/// <summary>A division of a node's rows in two.</summary>
/// <param name="Feature">The compared feature; −1 for no split.</param>
/// <param name="Bin">Rows up to this bin go left.</param>
/// <param name="MissingIsLeft">Whether rows with a missing value go left.</param>
/// <param name="IsOrdered">Whether greater values go right; not if the split only separates missing values.</param>
/// <param name="Gain">The reduction of the loss, doubled.</param>
/// <param name="LeftG">The sum of first derivatives of the left rows.</param>
/// <param name="LeftH">The sum of second derivatives of the left rows.</param>
readonly record struct Split(int Feature, int Bin, bool MissingIsLeft, bool IsOrdered, double Gain, double LeftG, double LeftH)
{
    internal static readonly Split None = new(-1, 0, false, false, 0, 0, 0);
}
