using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>A new experiment.</summary>
/// <param name="Key">The key of the experiment and of its flag: letters, digits, `-`, `_` and `.`, at most 128.</param>
/// <param name="Type">The type of all values: boolean, string, number or object.</param>
/// <param name="Variants">2 to 16 variants; the first is the control.</param>
/// <param name="Description">The question that the experiment answers; at most 500 characters.</param>
/// <param name="VisibleToClients">Whether publishable keys may evaluate its flag.</param>
/// <param name="Segment">The named segment that takes part; absent for everybody.</param>
/// <param name="Conditions">Conditions that a subject must meet to take part; at most 16.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record NewExperimentBody(
    string? Key, string? Type, IReadOnlyList<ExperimentVariant>? Variants, string? Description = null, bool VisibleToClients = false, string? Segment = null,
    IReadOnlyList<TargetingCondition>? Conditions = null)
{
    /// <summary>Returns the definition.</summary>
    public ExperimentDefinition ToDefinition() => new(Type, Variants, Description, VisibleToClients, Segment, Conditions);
}
