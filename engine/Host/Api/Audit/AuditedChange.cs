namespace CartRecovery.Host.Api.Audit;

/// <summary>Route metadata: the request changes something, and <see cref="RequestAudit"/> records it.</summary>
/// <param name="Action">What it does, as <c>thing.verb</c>.</param>
/// <param name="IdParameter">The route's parameter with the thing's id; <see langword="null"/> if it has none.</param>
sealed record AuditedChange(string Action, string? IdParameter = null)
{
    /// <summary>Returns the target of a request, as <c>thing:ID</c>; empty if the route has no id.</summary>
    /// <param name="values">The values of the route's parameters.</param>
    public string TargetOf(Microsoft.AspNetCore.Routing.RouteValueDictionary values) =>
        IdParameter is null ? "" : $"{Action[..Action.IndexOf('.', StringComparison.Ordinal)]}:{values[IdParameter]}";
}
