using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
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

    /// <summary>
    /// Returns the URL of the shop's cart page with a token that restores the cart, in the form of a Location header: the host in ASCII,
    /// other parts percent-encoded.
    /// </summary>
    public static string WithToken(Uri cartUrl, string token) => ShopLinks.HeaderOf(
        new UriBuilder(cartUrl) { Query = $"{cartUrl.Query.TrimStart('?')}{(cartUrl.Query.Length > 1 ? "&" : "")}restore={token}" }.Uri);

    /// <summary>Responds with a page.</summary>
    public static Task WriteAsync(HttpContext context, string title, string body)
    {
        context.Response.Headers.ContentSecurityPolicy = s_policy;
        return ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", Encoding.UTF8.GetBytes($$"""
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
            <title>{{title}}</title><style>{{Style}}</style><h1>{{title}}</h1>{{body}}</html>
            """));
    }
}
