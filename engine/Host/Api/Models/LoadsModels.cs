namespace CartRecovery.Host.Api.Models;

/// <summary>Marks routes that load a model: <see cref="ModelLimiter"/>.</summary>
sealed record LoadsModels;
