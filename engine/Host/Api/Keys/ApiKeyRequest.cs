using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Host.Api.Keys;

/// <summary>Parses the settings of a new key, for the API and the command.</summary>
static class ApiKeyRequest
{
    /// <summary>Returns the settings, or the first problem, beginning with the field.</summary>
    public static (ApiKeySettings? Settings, string? Problem) Read(ApiKeyBody body, DateTimeOffset now)
    {
        if (body.Kind is not ("secret" or "publishable"))
        {
            return (null, $"kind: expected secret or publishable, got '{body.Kind}'");
        }

        var settings = new ApiKeySettings(body.Name?.Trim() ?? "", body.Kind == "secret" ? KeyKind.Secret : KeyKind.Publishable, body.Scopes?.Distinct().ToList(),
            body.Origins?.Distinct().ToList() ?? [], body.LoopbackOnly, body.ExpiresAt, body.EventsPerDay);
        var problem = settings.ProblemAt(now)
            ?? (settings.Origins.Where(origin => !OriginPattern.TryParse(origin, out _)).ToList() is [var wrong, ..] ? $"origins: expected {OriginPattern.Form}; got '{wrong}'" : null);
        return problem is null ? (settings, null) : (null, problem);
    }
}
