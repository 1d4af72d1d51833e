using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Events;
using CartRecovery.Host.Api.Documentation;
using Microsoft.OpenApi;

namespace CartRecovery.Host.Api.Events;

/// <summary>An event as a client sends it. Fields not listed here are kept with `meta`.</summary>
/// <param name="Id">The event's id, at most 256 bytes of UTF-8. An id counts once.</param>
/// <param name="Type">The event type.</param>
/// <param name="Ts">When it happened: milliseconds since 1970, or RFC 3339 with a zone.</param>
/// <param name="CartId">The cart, at most 256 bytes of UTF-8. Only `identify` and `consent` events of a server with a `userId` may have none.</param>
/// <param name="SentAt">When it was sent, by the same clock as `ts`, which is corrected by it.</param>
/// <param name="StoreId">The store; must be the key's.</param>
/// <param name="UserId">The customer, if known.</param>
/// <param name="SessionId">The session.</param>
/// <param name="ProductId">The product.</param>
/// <param name="Variant">The product's variant, which has a line of its own.</param>
/// <param name="Quantity">The quantity.</param>
/// <param name="Price">The unit price.</param>
/// <param name="Items">Several products, or all that is in a cart.</param>
/// <param name="Value">The total of an order, a refund or a line.</param>
/// <param name="OrderId">The order: it counts once.</param>
/// <param name="Currency">ISO 4217; if absent that of its items, of what is in the cart, or of the edited or refunded order.</param>
/// <param name="Meta">`device`, `source` and any further fields.</param>
sealed record EventBody(
    string Id, string Type, JsonElement Ts, string? CartId = null, JsonElement? SentAt = null, string? StoreId = null, string? UserId = null, string? SessionId = null,
    string? ProductId = null, string? Variant = null, decimal? Quantity = null, decimal? Price = null,
    IReadOnlyList<EventItemBody>? Items = null, decimal? Value = null, string? OrderId = null,
    string? Currency = null, IReadOnlyDictionary<string, JsonElement>? Meta = null);

/// <summary>A product of an event. GA4's names work too: `item_id`, `item_name`, `item_variant`.</summary>
/// <param name="ProductId">The product, at most 256 bytes of UTF-8.</param>
/// <param name="Name">Its name.</param>
/// <param name="Variant">The variant: a line of its own.</param>
/// <param name="Price">The unit price.</param>
/// <param name="Quantity">The quantity; 1 if absent.</param>
/// <param name="Currency">ISO 4217, of its price; the event's if absent.</param>
sealed record EventItemBody(
    string? ProductId = null, string? Name = null, string? Variant = null, decimal? Price = null, decimal? Quantity = null,
    string? Currency = null);

/// <summary>Builds the schema of a request's events. The decoder reads raw bytes, so no serializer metadata describes them fully.</summary>
static class EventSchema
{
    /// <summary>Adds constraints that the record's types cannot express.</summary>
    public static void Complete(OpenApiSchema schema)
    {
        schema.Properties!["type"] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Description = "What happened.",
            Enum = [.. EventTypes.Names.Select(name => (JsonNode)name)],
        };
        schema.Properties["ts"] = Time("When it happened: milliseconds since 1970, or RFC 3339 with a zone.");
        schema.Properties["sentAt"] = Time(SentAt);
        schema.AdditionalPropertiesAllowed = true;
    }

    const string SentAt = "When it was sent, by the same clock as `ts`, which is corrected by it.";

    static OpenApiSchema Time(string description) => new()
    {
        Description = description,
        OneOf = [new OpenApiSchema { Type = JsonSchemaType.Integer }, new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" }],
    };

    /// <summary>One event, an array of events, or an object with an array of events.</summary>
    public static BodySchema Batch { get; } = new(one => new OpenApiSchema
    {
        OneOf =
        [
            one,
            new OpenApiSchema { Type = JsonSchemaType.Array, Items = one },
            Wrapped("events", one),
            Wrapped("batch", one),
        ],
    });

    // Other members are ignored.
    static OpenApiSchema Wrapped(string name, IOpenApiSchema one) => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string>(StringComparer.Ordinal) { name },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            [name] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = one },
            ["sentAt"] = Time(SentAt),
        },
        AdditionalPropertiesAllowed = true,
    };
}
