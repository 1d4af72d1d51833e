using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Requests;

/// <summary>Reads the Accept header of routes that answer with a page or JSON.</summary>
static class AcceptedMedia
{
    /// <summary>Returns whether the client names <c>text/html</c>, and does not prefer JSON.</summary>
    public static bool PrefersPage(HttpContext context)
    {
        var accepted = context.Request.GetTypedHeaders().Accept;
        double Quality(string type) => accepted.Where(range => range.MediaType == type).Select(range => range.Quality ?? 1).DefaultIfEmpty(0).Max();
        return Quality("text/html") > 0 && Quality("text/html") >= Quality("application/json");
    }
}
