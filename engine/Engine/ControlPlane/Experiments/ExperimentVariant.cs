using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>A variant of an experiment.</summary>
/// <param name="Name">Its name: letters, digits, `-`, `_` and `.`.</param>
/// <param name="Value">The value of the experiment's flag for this variant.</param>
/// <param name="Weight">Its share of new subjects, relative to the sum of all weights; 0 to 1,000.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ExperimentVariant(string? Name, JsonElement Value, double Weight = 1);
