using System.Text.Json;

namespace CartRecovery.Host.Api.Flags;

/// <summary>The values of all flags that the key may evaluate.</summary>
/// <param name="Flags">A value or a failure for each flag.</param>
sealed record OfrepBulkSuccess(IReadOnlyList<JsonElement> Flags);
