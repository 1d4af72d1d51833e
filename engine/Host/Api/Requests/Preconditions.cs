using CartRecovery.Engine.ControlPlane.Definitions;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CartRecovery.Host.Api.Requests;

/// <summary>Parses the preconditions of requests.</summary>
static class Preconditions
{
    /// <summary>Returns the precondition in <c>If-Match</c> and <c>If-None-Match</c>.</summary>
    public static Precondition Of(HttpContext context)
    {
        var headers = context.Request.GetTypedHeaders();
        return headers.IfNoneMatch is [var none] && EntityTagHeaderValue.Any.Equals(none) ? new Precondition(IsNew: true)
            : headers.IfMatch switch
            {
                [] => default,
                [var tag] when EntityTagHeaderValue.Any.Equals(tag) => new Precondition(MustExist: true),

                // Takes the first of several tags: a client that has read one version sends one.
                [var tag, ..] => new Precondition(Version: tag.Tag.ToString().Trim('"')),
            };
    }
}
