using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>The page at the end of a sign-in.</summary>
static class OidcPages
{
    /// <summary>
    /// Continues to a path through a page of this host. A redirect would still count as the provider's navigation, in which browsers do not
    /// send the session's cookies (<c>SameSite=Strict</c>).
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="path">A valid <see cref="LocalPath"/>.</param>
    public static Task ContinueAsync(HttpContext context, string path)
    {
        var target = HtmlEncoder.Default.Encode(path);
        return ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", Encoding.UTF8.GetBytes($"""
            <!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={target}"><title>Signed in</title>
            <p>You are signed in. <a href="{target}">Go on</a></p></html>
            """));
    }
}
