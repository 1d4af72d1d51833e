namespace CartRecovery.Host.Api.Audit;

/// <summary>Metadata of a route that changes something: <see cref="RequestAudit"/> records its requests.</summary>
/// <param name="Action">The action, as <c>thing.verb</c>.</param>
/// <param name="IdParameter">The route parameter with the target's id; <see langword="null"/> if there is none.</param>
sealed record AuditedChange(string Action, string? IdParameter = null)
{
    /// <summary>Returns the target of a request, as <c>thing:ID</c>; empty if the route has no id.</summary>
    /// <param name="values">The values of the route's parameters.</param>
    public string TargetOf(Microsoft.AspNetCore.Routing.RouteValueDictionary values) =>
        IdParameter is null ? "" : $"{Action[..Action.IndexOf('.', StringComparison.Ordinal)]}:{values[IdParameter]}";
}
