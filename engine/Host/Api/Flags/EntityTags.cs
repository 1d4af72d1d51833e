using CartRecovery.Engine.ControlPlane.Flags;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CartRecovery.Host.Api.Flags;

/// <summary>Parses the preconditions of requests.</summary>
static class EntityTags
{
    /// <summary>Returns the precondition in <c>If-Match</c> and <c>If-None-Match</c>.</summary>
    public static FlagExpectation ExpectationOf(HttpContext context)
    {
        var headers = context.Request.GetTypedHeaders();
        return headers.IfNoneMatch is [var none] && EntityTagHeaderValue.Any.Equals(none) ? new FlagExpectation(IsNew: true)
            : headers.IfMatch switch
            {
                [] => default,
                [var tag] when EntityTagHeaderValue.Any.Equals(tag) => new FlagExpectation(MustExist: true),

                // Takes the first of several tags: a client that has read one version sends one.
                [var tag, ..] => new FlagExpectation(Version: tag.Tag.ToString().Trim('"')),
            };
    }
}
