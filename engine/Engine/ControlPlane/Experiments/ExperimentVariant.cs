using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>A variant of an experiment.</summary>
/// <param name="Name">Its name: letters, digits, `-`, `_` and `.`.</param>
/// <param name="Value">What the experiment's flag evaluates to.</param>
/// <param name="Weight">Its share of new subjects, among the weights of all variants; 0 to 1,000.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ExperimentVariant(string? Name, JsonElement Value, double Weight = 1);
