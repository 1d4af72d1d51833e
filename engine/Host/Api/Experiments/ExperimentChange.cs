using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>A change of an experiment.</summary>
/// <param name="Weights">The weight of each variant, by name: how new subjects are assigned from now on.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record ExperimentChange(IReadOnlyDictionary<string, double>? Weights);
