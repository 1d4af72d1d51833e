using System.Text;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>An experiment of a store. Immutable.</summary>
/// <param name="Id">The experiment's id; never reused.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Key">The key of the experiment and of its flag.</param>
/// <param name="Definition">The variants and who takes part; validated.</param>
/// <param name="Allocations">All weights since the start, the current ones last.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="StartedBy">The actor who started it, as in the audit log.</param>
/// <param name="EndedAt">When it was ended; <see langword="null"/> while it runs.</param>
/// <param name="Winner">The variant that every subject gets after the end.</param>
public sealed record Experiment(
    string Id, string Store, string Key, ExperimentDefinition Definition, IReadOnlyList<Allocation> Allocations, DateTimeOffset StartedAt, string StartedBy,
    DateTimeOffset? EndedAt = null, string? Winner = null)
{
    readonly byte[] _salt = Encoding.UTF8.GetBytes(Id);

    /// <summary>The control variant. Subjects who do not take part get it.</summary>
    public string Control => Definition.Variants![0].Name!;

    /// <summary>The index of the current weights.</summary>
    public int Allocation => Allocations.Count - 1;

    /// <summary>Returns the flag that evaluates the experiment.</summary>
    public FeatureFlag ToFlag() => new(Store, Key, Definition.ToFlag(), Id, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Id}-{Allocation}{(EndedAt is null ? "" : "-ended")}"),
        StartedAt, StartedBy)
    { Experiment = this };

    /// <summary>Draws a number in [0, 1) for a subject. Deterministic.</summary>
    public double Draw(string targetingKey) => FeatureFlag.Draw(_salt, targetingKey);

    /// <summary>Returns the variant that weights assign to a draw.</summary>
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

        // Rounding left the draw above the sum: take the last variant with a weight.
        var last = weights.Count - 1;
        while (weights[last] <= 0)
        {
            last--;
        }

        return Definition.Variants![last].Name!;
    }

    /// <summary>Returns whether all weights so far assign the same variant to a draw, so that no recorded assignment needs to be read.</summary>
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
