using System.IO.Compression;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Requests;

/// <summary>
/// Decompresses request bodies (gzip, deflate, br). The size limit also applies to the decompressed bytes, and reading stops there.
/// </summary>
static class BodyEncoding
{
    const string Encodings = "gzip, deflate, br";

    /// <summary>Adds decompression.</summary>
    public static void AddBodyEncoding(this IServiceCollection services) =>
        services.AddRequestDecompression(options =>
        {
            options.DecompressionProviders.Clear();
            options.DecompressionProviders.Add("gzip",
                new DecodedBody.Provider(body => new GZipStream(body, CompressionMode.Decompress, leaveOpen: true)));
            options.DecompressionProviders.Add("deflate", new DecodedBody.Provider(body => new InflateStream(body)));
            options.DecompressionProviders.Add("br",
                new DecodedBody.Provider(body => new BrotliStream(body, CompressionMode.Decompress, leaveOpen: true)));
        });

    /// <summary>Adds the middleware that rejects other encodings and decompresses bodies.</summary>
    public static void UseBodyEncoding(this IApplicationBuilder app)
    {
        app.Use((context, next) =>
        {
            if (!TakesBody(context))
            {
                return next(context);
            }

            // Some proxies and clients name the encoding that is none.
            if (context.Request.Headers.ContentEncoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                context.Request.Headers.Remove("Content-Encoding");
            }

            if (!IsKnown(context.Request.Headers.ContentEncoding.ToString()))
            {
                return RejectAsync(context);
            }

            context.Request.Body = new DecodedBody(context.Request.Body);
            return next(context);
        });
        app.UseRequestDecompression();
    }

    static bool TakesBody(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is not null;

    static bool IsKnown(string encoding) =>
        encoding.Length == 0 || encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase)
        || encoding.Equals("deflate", StringComparison.OrdinalIgnoreCase) || encoding.Equals("br", StringComparison.OrdinalIgnoreCase);

    static Task RejectAsync(HttpContext context)
    {
        context.Response.Headers.AcceptEncoding = Encodings;
        return ApiProblems.UnsupportedEncoding.ToResult().ExecuteAsync(context);
    }
}
