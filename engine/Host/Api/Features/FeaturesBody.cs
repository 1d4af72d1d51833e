using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Features;

/// <summary>A cart whose features are wanted.</summary>
/// <param name="CartId">The cart.</param>
/// <param name="Features">The features wanted; all by default.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record FeaturesBody(string? CartId, IReadOnlyList<string>? Features = null);

/// <summary>Carts whose features are wanted.</summary>
/// <param name="CartIds">The carts; at most 256.</param>
/// <param name="Features">The features wanted; all by default.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record FeaturesBatchBody(IReadOnlyList<string>? CartIds, IReadOnlyList<string>? Features = null);

/// <summary>Features of carts.</summary>
/// <param name="Items">The features of each cart, in the request's order.</param>
/// <param name="Missing">The carts of which no event has been received, as the request named them.</param>
sealed record CartsFeatures(IReadOnlyList<CartFeatures> Items, IReadOnlyList<string> Missing);
