using CartRecovery.Engine.ControlPlane.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace CartRecovery.Host.Api.Access;

/// <summary>Determines the permission that a route requires.</summary>
static class RoutePermission
{
    /// <summary>Returns the permission; <see langword="null"/> if the route has no group.</summary>
    public static string? Of(EndpointMetadataCollection metadata, string method) => metadata.GetMetadata<RequiredPermission>()?.Name
        ?? (metadata.GetMetadata<ITagsMetadata>()?.Tags is [var tag, ..]
            ? Permission.Of(tag, writes: !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && metadata.GetMetadata<ChangesNothing>() is null) : null);
}
