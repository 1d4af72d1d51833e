using System.Text.Json;
using CartRecovery.Engine.Events;

namespace CartRecovery.Host.Api.Events;

/// <summary>An event to send for a request of a shop's server.</summary>
/// <param name="Type">The event's type.</param>
/// <param name="Id">The event's id, by which duplicates are ignored; <see langword="null"/> for a new id.</param>
/// <param name="At">When it happened; <see langword="null"/> for now.</param>
/// <param name="WriteFields">Writes the other fields.</param>
readonly record struct ServerEvent(EventType Type, string? Id, DateTimeOffset? At, Action<Utf8JsonWriter> WriteFields);
