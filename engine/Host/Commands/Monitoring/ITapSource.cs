using System.Text.Json;

namespace CartRecovery.Host.Commands.Monitoring;

/// <summary>Asks an engine for rows.</summary>
interface ITapSource
{
    /// <summary>Returns the rows since the former call; none at the first.</summary>
    /// <exception cref="HttpRequestException">The engine refuses, or does not answer.</exception>
    Task<IReadOnlyList<JsonElement>> ReadAsync();
}
