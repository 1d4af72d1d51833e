namespace CartRecovery.Host.Api.Flags;

/// <summary>The origin of a flag's value.</summary>
/// <param name="Version">The flag's version.</param>
/// <param name="Experiment">The experiment; absent if the flag has none.</param>
sealed record OfrepMetadata(string Version, [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] string? Experiment = null);
