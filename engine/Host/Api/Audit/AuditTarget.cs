using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Audit;

/// <summary>The target of an <see cref="AuditedChange"/>, set by a handler whose route cannot tell it. Must not be personal data: ids are masked.</summary>
/// <param name="Text">As <c>thing:ID</c>.</param>
sealed record AuditTarget(string Text)
{
    /// <summary>Sets the target of a request's entry.</summary>
    public static void Set(HttpContext context, string text) => context.Features.Set(new AuditTarget(text));
}
