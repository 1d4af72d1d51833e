using System.Text;
using CartRecovery.Engine.ControlPlane;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>Builds the pages and redirect targets of links.</summary>
static class TrackingPages
{
    const string Style = "body{font:1.1rem system-ui;max-width:30rem;margin:15vh auto;padding:0 1rem;text-align:center}button{font:inherit;padding:.6rem 1.4rem}";

    static readonly string s_policy =
        $"default-src 'none'; style-src '{SecurityHeaders.HashOf(Style)}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>A transparent GIF89a of one pixel.</summary>
    public static readonly byte[] Pixel = Convert.FromHexString("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b");

    /// <summary>Returns the URL of the shop's cart page, with a token that restores the cart.</summary>
    public static string WithToken(Uri cartUrl, string token) =>
        new UriBuilder(cartUrl) { Query = $"{cartUrl.Query.TrimStart('?')}{(cartUrl.Query.Length > 1 ? "&" : "")}restore={token}" }.Uri.ToString();

    /// <summary>
    /// Returns the page that a click names, if it is on one of the shop's hosts: by https on its usual port or one that <c>linkHosts</c> names, or as the cart page is.
    /// </summary>
    /// <param name="to">The click's parameter. Anyone who has a link can change it.</param>
    /// <param name="store">The link's store, with a cart page.</param>
    public static string? TargetOf(string? to, Store store)
    {
        // Programs disagree on where the host of an odd URL ends, so its beginning must be one of a few texts, and nothing in it odd.
        if (to is null || to.AsSpan().ContainsAny('\\', '\x7f') || to.AsSpan().ContainsAnyInRange('\0', ' ') || !Uri.TryCreate(to, UriKind.Absolute, out var url)
            || url.UserInfo.Length > 0)
        {
            return null;
        }

        return OriginsOf(store).Any(origin => to.StartsWith(origin, StringComparison.OrdinalIgnoreCase) && (to.Length == origin.Length || to[origin.Length] is '/' or '?' or '#'))
            ? url.AbsoluteUri : null;
    }

    static IEnumerable<string> OriginsOf(Store store)
    {
        var cart = store.CartUrl!;
        return store.LinkHosts.Select(AsciiOf).Append(cart.IdnHost).SelectMany(host => new[] { $"https://{host}", $"https://{host}:443" })
            .Append(cart.IsDefaultPort ? $"{cart.Scheme}://{cart.IdnHost}" : $"{cart.Scheme}://{cart.IdnHost}:{cart.Port}");
    }

    static string AsciiOf(string host) => Uri.TryCreate($"https://{host}", UriKind.Absolute, out var url) ? host.Replace(url.Host, url.IdnHost, StringComparison.OrdinalIgnoreCase) : host;

    /// <summary>Answers with a page.</summary>
    public static Task WriteAsync(HttpContext context, string title, string body)
    {
        context.Response.Headers.ContentSecurityPolicy = s_policy;
        return ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", Encoding.UTF8.GetBytes($$"""
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
            <title>{{title}}</title><style>{{Style}}</style><h1>{{title}}</h1>{{body}}</html>
            """));
    }
}
