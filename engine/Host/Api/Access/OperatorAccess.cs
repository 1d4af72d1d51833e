using CartRecovery.Engine.ControlPlane.Keys;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Authorizes operators, who may see data of the whole engine. By default every client is one. With <c>listen.admin</c>, only clients of
/// that port are; with <c>listen.metricsKey</c>, only clients that send that key.
/// </summary>
sealed class OperatorAccess(IEngineState engine)
{

    /// <summary>Whether operators have their own port.</summary>
    public bool HasPort => engine.Config.Listen.Admin is not null;

    /// <summary>Returns whether a request comes from an operator.</summary>
    public bool Admits(HttpContext context) =>
        HasPort == AdminPort.Is(context) && (engine.Config.Listen.MetricsKey is not { } key || HasKey(context, KeyHash.OfConfigured(key)));

    /// <summary>Returns whether a request comes from an operator whom the port or the key proves to be one.</summary>
    public bool IsProven(HttpContext context) => (HasPort || engine.Config.Listen.MetricsKey is not null) && Admits(context);

    // Rejects requests of pages: a key that a page sends is visible to its readers.
    static bool HasKey(HttpContext context, KeyHash key) => context.Request.Headers.Origin.Count == 0
        && ApiKeyAuthentication.KeyOf(context.Request) is { Length: > 0 } sent
        && KeyHash.Of(System.Text.Encoding.UTF8.GetBytes(sent)) == key;
}
