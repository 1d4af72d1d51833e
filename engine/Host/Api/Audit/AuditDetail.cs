using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Audit;

/// <summary>A value that a handler adds to the audit entry of an <see cref="AuditedChange"/>. Must not be personal data.</summary>
/// <param name="Name">The name, in camelCase.</param>
/// <param name="Value">A text or a number.</param>
sealed record AuditDetail(string Name, object Value)
{
    /// <summary>Adds a detail to the entry of a request.</summary>
    public static void Add(HttpContext context, string name, string text) => context.Features.Set(new AuditDetail(name, text));

    /// <inheritdoc cref="Add(HttpContext, string, string)"/>
    public static void Add(HttpContext context, string name, long number) => context.Features.Set(new AuditDetail(name, number));
}
