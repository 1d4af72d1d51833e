using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Storefront;

/// <summary>Serves an embedded text to browsers, compressed once, with an ETag from its content.</summary>
sealed class WebAsset
{
    readonly byte[] _plain;
    readonly byte[] _gzip;
    readonly string _mediaType;
    readonly string _tag;

    /// <param name="text">The content.</param>
    /// <param name="mediaType">The media type without a charset; the text is UTF-8.</param>
    public WebAsset(string text, string mediaType)
    {
        _plain = Encoding.UTF8.GetBytes(text);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(_plain);
        }

        _gzip = packed.ToArray();
        _mediaType = $"{mediaType}; charset=utf-8";
        _tag = Convert.ToHexStringLower(SHA256.HashData(_plain).AsSpan(0, 8));
    }

    /// <summary>Loads an embedded text.</summary>
    /// <param name="name">The resource's logical name.</param>
    public static string Read(string name)
    {
        using var content = typeof(WebAsset).Assembly.GetManifestResourceStream(name)
            ?? throw new FileNotFoundException("The program was built without this embedded resource.", name);
        using var reader = new StreamReader(content);
        return reader.ReadToEnd();
    }

    /// <summary>Maps it to a path.</summary>
    /// <param name="routes">The route builder.</param>
    /// <param name="path">The path.</param>
    /// <param name="headers">Sets response headers other than content type and caching.</param>
    /// <returns>The route, for its description. It is public and ignores query parameters, because pages add one to bypass
    /// caches.</returns>
    public IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, string path, Action<IHeaderDictionary> headers) =>
        routes.MapMethods(path, ["GET", "HEAD"], (RequestDelegate)(context => ServeAsync(context, headers)))
            .AllowAnonymous().WithMetadata(new AcceptedQuery([], AllowsOthers: true));

    /// <summary>Answers a request.</summary>
    public async Task ServeAsync(HttpContext context, Action<IHeaderDictionary> headers)
    {
        var request = context.Request.Headers;
        var response = context.Response;
        var packed = request.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        // Each encoding is a separate representation and needs its own ETag.
        var tag = packed ? $"\"{_tag}-gz\"" : $"\"{_tag}\"";
        response.Headers.ETag = tag;
        response.Headers.Vary = "Accept-Encoding";
        headers(response.Headers);
        if (request.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var body = packed ? _gzip : _plain;
        if (packed)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        response.ContentType = _mediaType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
