using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>Splits a set so that a model can be evaluated on rows that it has not seen.</summary>
public static class Splits
{
    /// <summary>Assigns groups to folds evenly, distributing the rarer groups with a positive row first.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="folds">The number of folds, 2 or more.</param>
    /// <param name="seed">The same seed gives the same folds.</param>
    /// <returns>The fold of each row, 0 to <paramref name="folds"/> − 1.</returns>
    public static int[] FoldsByGroup(TrainingSet set, int folds, ulong seed) => FoldsByGroup(set.Groups, set.Labels, folds, seed);

    /// <summary>Like <see cref="FoldsByGroup(TrainingSet, int, ulong)"/>, of the rows' groups and labels.</summary>
    internal static int[] FoldsByGroup(int[] groupOf, byte[] labels, int folds, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        var positive = new SortedDictionary<int, bool>();
        for (var i = 0; i < groupOf.Length; i++)
        {
            positive[groupOf[i]] = positive.GetValueOrDefault(groupOf[i]) || labels[i] == 1;
        }

        var random = new SeededRandom(seed);
        var foldOf = new Dictionary<int, int>();
        foreach (var withPositive in (ReadOnlySpan<bool>)[true, false])
        {
            var groups = positive.Where(g => g.Value == withPositive).Select(g => g.Key).ToArray();
            random.Choose(groups, groups.Length);
            foreach (var group in groups)
            {
                foldOf[group] = foldOf.Count % folds;
            }
        }
        return Array.ConvertAll(groupOf, g => foldOf[g]);
    }

    /// <summary>Separates the rows outside a fold from those in it.</summary>
    public static (TrainingSet Train, TrainingSet HeldOut) AtFold(TrainingSet set, int[] foldOf, int fold)
        => (set.Select(Where(set, i => foldOf[i] != fold)), set.Select(Where(set, i => foldOf[i] == fold)));

    /// <summary>
    /// Splits by time: training on earlier rows, evaluation on later rows of unseen groups, as for a new model in service. Later rows of
    /// groups from the first part are in neither.
    /// </summary>
    /// <param name="set">The rows.</param>
    /// <param name="heldOutShare">The approximate share of later rows, above 0 and below 1. Rows of the same time stay together.</param>
    public static (TrainingSet Train, TrainingSet HeldOut) ByTime(TrainingSet set, double heldOutShare)
    {
        if (heldOutShare is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(heldOutShare), heldOutShare, "Above 0 and below 1.");
        }

        var times = set.Times.Order().ToArray();
        var cut = times[Math.Min(times.Length - 1, (int)(times.Length * (1 - heldOutShare)))];
        var before = new HashSet<int>();
        for (var i = 0; i < set.Count; i++)
        {
            if (set.Times[i] < cut)
            {
                before.Add(set.Groups[i]);
            }
        }

        return (set.Select(Where(set, i => set.Times[i] < cut)),
            set.Select(Where(set, i => set.Times[i] >= cut && !before.Contains(set.Groups[i]))));
    }

    static List<int> Where(TrainingSet set, Func<int, bool> wanted)
    {
        var indices = new List<int>(set.Count);
        for (var i = 0; i < set.Count; i++)
        {
            if (wanted(i))
            {
                indices.Add(i);
            }
        }

        return indices;
    }
}
