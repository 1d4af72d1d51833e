using CartRecovery.Engine.ControlPlane.Flags;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CartRecovery.Host.Api.Flags;

/// <summary>Reads the preconditions of requests.</summary>
static class EntityTags
{
    /// <summary>Returns what must be there, by <c>If-Match</c> and <c>If-None-Match</c>.</summary>
    public static FlagExpectation ExpectationOf(HttpContext context)
    {
        var headers = context.Request.GetTypedHeaders();
        return headers.IfNoneMatch is [var none] && EntityTagHeaderValue.Any.Equals(none) ? new FlagExpectation(IsNew: true)
            : headers.IfMatch switch
            {
                [] => default,
                [var tag] when EntityTagHeaderValue.Any.Equals(tag) => new FlagExpectation(MustExist: true),

                // Of several tags the first: a client that knows one version sends one.
                [var tag, ..] => new FlagExpectation(Version: tag.Tag.ToString().Trim('"')),
            };
    }
}
