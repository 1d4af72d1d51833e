using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>The end of an experiment.</summary>
/// <param name="Winner">The variant that every subject gets from now on; the control if absent.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record ExperimentEnd(string? Winner = null);
