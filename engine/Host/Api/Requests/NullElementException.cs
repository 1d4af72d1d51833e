using System.Text.Json;

namespace CartRecovery.Host.Api.Requests;

/// <summary>Thrown if a list or a dictionary in a body has a null element.</summary>
sealed class NullElementException() : JsonException("A list has a null element.");
