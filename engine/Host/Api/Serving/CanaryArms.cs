namespace CartRecovery.Host.Api.Serving;

/// <summary>The carts with an outcome, by the model that decided.</summary>
/// <param name="Champion">The champion's.</param>
/// <param name="Canary">The canary's.</param>
sealed record CanaryArms(ArmItem Champion, ArmItem Canary);
