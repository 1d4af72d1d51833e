using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>The end of an experiment.</summary>
/// <param name="Winner">The variant that everybody gets from now on; absent for the control.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record ExperimentEnd(string? Winner = null);
