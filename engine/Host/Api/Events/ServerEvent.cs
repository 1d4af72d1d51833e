using System.Text.Json;
using CartRecovery.Engine.Events;

namespace CartRecovery.Host.Api.Events;

/// <summary>An event that a request of a shop's server amounts to.</summary>
/// <param name="Type">The event's type.</param>
/// <param name="Id">The event's id: one that counted before changes nothing; <see langword="null"/> for a new one.</param>
/// <param name="At">When it happened; <see langword="null"/> for now.</param>
/// <param name="WriteFields">Writes the other fields.</param>
readonly record struct ServerEvent(EventType Type, string? Id, DateTimeOffset? At, Action<Utf8JsonWriter> WriteFields);
