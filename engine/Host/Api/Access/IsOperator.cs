using Microsoft.AspNetCore.Authorization;

namespace CartRecovery.Host.Api.Access;

/// <summary>Requires an operator.</summary>
sealed class IsOperator : IAuthorizationRequirement;
