using CartRecovery.Engine.ControlPlane.Keys;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Authorizes operators: who may see data of the whole engine. Everybody by default; with <c>listen.admin</c> only clients of that port,
/// with <c>listen.metricsKey</c> only those who send that key.
/// </summary>
sealed class OperatorAccess(IEngineState engine)
{

    /// <summary>Whether operators have a port of their own.</summary>
    public bool HasPort => engine.Config.Listen.Admin is not null;

    /// <summary>Returns whether a request is an operator's.</summary>
    public bool Admits(HttpContext context) =>
        HasPort == AdminPort.Is(context) && (engine.Config.Listen.MetricsKey is not { } key || HasKey(context, KeyHash.OfConfigured(key)));

    // A key that a page sends is known to whoever reads the page.
    static bool HasKey(HttpContext context, KeyHash key) => context.Request.Headers.Origin.Count == 0
        && ApiKeyAuthentication.KeyOf(context.Request) is { Length: > 0 } sent
        && KeyHash.Of(System.Text.Encoding.UTF8.GetBytes(sent)) == key;
}
