using Microsoft.AspNetCore.Authorization;

namespace CartRecovery.Host.Api.Access;

/// <summary>The fallback requirement: fails on every matched route. Unmatched paths and methods pass, so that they get a 404 or 405.</summary>
sealed class DeclaresAccess : IAuthorizationRequirement;
