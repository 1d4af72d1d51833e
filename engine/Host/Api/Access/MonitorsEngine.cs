using Microsoft.AspNetCore.Authorization;

namespace CartRecovery.Host.Api.Access;

/// <summary>Requires a user with the route's permission, or a proven operator.</summary>
sealed class MonitorsEngine : IAuthorizationRequirement;
