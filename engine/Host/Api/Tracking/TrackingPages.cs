using System.Text;
using CartRecovery.Engine.ControlPlane;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>Builds the pages and redirect targets of links.</summary>
static class TrackingPages
{
    /// <summary>A transparent GIF89a of one pixel.</summary>
    public static readonly byte[] Pixel = Convert.FromHexString("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b");

    /// <summary>Returns the URL of the shop's cart page, with a token that restores the cart.</summary>
    public static string WithToken(Uri cartUrl, string token) =>
        new UriBuilder(cartUrl) { Query = $"{cartUrl.Query.TrimStart('?')}{(cartUrl.Query.Length > 1 ? "&" : "")}restore={token}" }.Uri.ToString();

    /// <summary>Returns the page that a click names, if it is on one of the shop's hosts.</summary>
    public static string? TargetOf(string? to, Store store) =>
        to is not null && Uri.TryCreate(to, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && (string.Equals(url.Host, store.CartUrl!.Host, StringComparison.OrdinalIgnoreCase) || store.LinkHosts.Contains(url.Host, StringComparer.OrdinalIgnoreCase))
            ? url.AbsoluteUri : null;

    /// <summary>Answers with a page.</summary>
    public static Task WriteAsync(HttpContext context, string title, string body)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";
        context.Response.Headers.CacheControl = "no-store";
        return ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", Encoding.UTF8.GetBytes($$"""
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
            <title>{{title}}</title><style>body{font:1.1rem system-ui;max-width:30rem;margin:15vh auto;padding:0 1rem;text-align:center}
            button{font:inherit;padding:.6rem 1.4rem}</style><h1>{{title}}</h1>{{body}}</html>
            """));
    }
}
