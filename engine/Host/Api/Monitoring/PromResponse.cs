using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Monitoring;

/// <summary>An answer of Prometheus' API, as the document describes it; it is written by hand.</summary>
/// <param name="Status">success or error.</param>
/// <param name="Data">The data of a success.</param>
/// <param name="ErrorType">bad_data, execution, timeout, canceled or unavailable.</param>
/// <param name="Error">What is wrong.</param>
sealed record PromResponse(
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Data = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ErrorType = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error = null);
