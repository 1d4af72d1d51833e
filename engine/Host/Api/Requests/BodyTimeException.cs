using System.Text.Json;

namespace CartRecovery.Host.Api.Requests;

/// <summary>Thrown if a body has something else where a time is expected.</summary>
/// <param name="found">What it has.</param>
sealed class BodyTimeException(string found) : JsonException($"A time is expected, got {found}.")
{
    /// <summary>What it has.</summary>
    public string Found { get; } = found;
}
