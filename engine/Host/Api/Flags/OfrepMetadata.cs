namespace CartRecovery.Host.Api.Flags;

/// <summary>What a flag's value comes from.</summary>
/// <param name="Version">The flag's version.</param>
/// <param name="Experiment">The experiment; absent if the flag is none.</param>
sealed record OfrepMetadata(string Version, [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] string? Experiment = null);
