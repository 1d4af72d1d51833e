using System.Text;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>An experiment of a store. Immutable.</summary>
/// <param name="Id">Its id, which no other experiment ever has.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Key">Its key, and that of its flag.</param>
/// <param name="Definition">What it compares; checked.</param>
/// <param name="Allocations">The weights since the start, the present ones last.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="StartedBy">Who started it, as in the audit log.</param>
/// <param name="EndedAt">When it was ended; <see langword="null"/> while it runs.</param>
/// <param name="Winner">The variant that everybody gets since then.</param>
public sealed record Experiment(
    string Id, string Store, string Key, ExperimentDefinition Definition, IReadOnlyList<Allocation> Allocations, DateTimeOffset StartedAt, string StartedBy,
    DateTimeOffset? EndedAt = null, string? Winner = null)
{
    readonly byte[] _salt = Encoding.UTF8.GetBytes(Id);

    /// <summary>The control: what those who do not take part get.</summary>
    public string Control => Definition.Variants![0].Name!;

    /// <summary>The number of the present weights.</summary>
    public int Allocation => Allocations.Count - 1;

    /// <summary>Returns the flag that it is evaluated as.</summary>
    public FeatureFlag ToFlag() => new(Store, Key, Definition.ToFlag(), Id, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Id}-{Allocation}{(EndedAt is null ? "" : "-ended")}"),
        StartedAt, StartedBy)
    { Experiment = this };

    /// <summary>Draws a number in [0, 1) for a subject.</summary>
    public double Draw(string targetingKey) => FeatureFlag.Draw(_salt, targetingKey);

    /// <summary>Returns the variant of a draw under some weights.</summary>
    public string VariantOf(double draw, int allocation)
    {
        var weights = Allocations[allocation].Weights;
        var rest = draw * weights.Sum();
        for (var i = 0; i < weights.Count; i++)
        {
            if ((rest -= weights[i]) < 0)
            {
                return Definition.Variants![i].Name!;
            }
        }

        // Rounding: the last one that anybody gets.
        var last = weights.Count - 1;
        while (weights[last] <= 0)
        {
            last--;
        }

        return Definition.Variants![last].Name!;
    }

    /// <summary>Returns whether a draw has had the same variant under all weights: then nobody needs to look what was recorded.</summary>
    public bool IsSettled(double draw)
    {
        var now = VariantOf(draw, Allocation);
        for (var i = 0; i < Allocation; i++)
        {
            if (VariantOf(draw, i) != now)
            {
                return false;
            }
        }

        return true;
    }
}
