using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>A change of an experiment.</summary>
/// <param name="Weights">The weight of every variant, by name. They apply to new subjects.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record ExperimentChange(IReadOnlyDictionary<string, double>? Weights);
