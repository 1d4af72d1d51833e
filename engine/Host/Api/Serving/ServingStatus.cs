using CartRecovery.Host.Models;

namespace CartRecovery.Host.Api.Serving;

/// <summary>Which models are in force.</summary>
/// <param name="Name">The name in the registry of the model that decides.</param>
/// <param name="Models">The champion first, then the canary, the shadows, and the models that campaigns ask for.</param>
/// <param name="Canary">The canary; null for none.</param>
/// <param name="LastCanary">How the last canary ended; null if there was none.</param>
/// <param name="Problem">Why the champion of the registry is not in force; null if it is.</param>
sealed record ServingStatus(string Name, IReadOnlyList<ServedItem> Models, CanaryStatus? Canary, CanaryEnd? LastCanary, string? Problem);
