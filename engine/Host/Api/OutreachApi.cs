using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Composition;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary>What a shop tells the desk beside events: products, addresses that take no more; and what it may look at before anyone gets it.</summary>
sealed class OutreachApi(EngineHost host)
{
    const int MostProducts = 5000;

    /// <summary><c>POST /v1/products</c>: what products are called, cost and how many there are.</summary>
    public async Task ProductsAsync(HttpContext context)
    {
        if (await ReadAsync(context, OutreachApiJson.Default.ListProductBody) is not var (store, products))
        {
            return;
        }

        if (products.Count > MostProducts || products.Exists(p => p.Id is not { Length: > 0 } id || Encoding.UTF8.GetByteCount(id) > EventSlab.MaxIdLength || p.Price < 0))
        {
            await Answer.ProblemAsync(context, new Problem(400, "out_of_range",
                $"At most {MostProducts} products, each with an id of 1 to {EventSlab.MaxIdLength} bytes and no price below 0."));
            return;
        }

        var seed = EventKeys.SeedOf(Encoding.UTF8.GetBytes(store));
        await host.Journeys.Do((desk, _) =>
        {
            foreach (var p in products)
            {
                desk.Store.Products.Set(store, EventKeys.ProductOf(seed, Encoding.UTF8.GetBytes(p.Id!)),
                    new Product(p.Id!, p.Name, p.Url, p.Image, p.Price is { } price ? (long)(price * Money.PerUnit) : null, p.Stock));
            }

            return true;
        });
        await CountAsync(context, "products", products.Count);
    }

    /// <summary><c>POST</c> and <c>DELETE /v1/suppressions</c>: an address takes no more, or does again.</summary>
    public async Task SuppressAsync(HttpContext context)
    {
        if (await ReadAsync(context, OutreachApiJson.Default.SuppressionBody) is not var (store, body))
        {
            return;
        }

        AddressKind? kind = body.Channel switch { "email" => AddressKind.Email, "sms" => AddressKind.Phone, "push" => AddressKind.Push, _ => null };
        if (kind is not { } address || body.Address is not { Length: > 0 and <= 2048 } value)
        {
            await Answer.ProblemAsync(context, new Problem(400, "invalid_suppression", "'channel' is email, sms or push, 'address' what is reached over it."));
            return;
        }

        var isRelease = context.Request.Method == "DELETE";
        var changed = await host.Journeys.Do((desk, now) =>
        {
            if (isRelease)
            {
                return desk.Store.Customers.Release(store, address, value);
            }

            desk.Store.Customers.Suppress(store, address, value, body.Reason ?? "shop", now);
            return true;
        });
        await CountAsync(context, isRelease ? "released" : "suppressed", changed ? 1 : 0);
    }

    /// <summary><c>POST /v1/campaigns/{name}/preview</c>: a step's message, of a real cart or a sample. Nobody gets it.</summary>
    public async Task PreviewAsync(HttpContext context)
    {
        if (await ReadAsync(context, OutreachApiJson.Default.PreviewBody) is not var (store, body))
        {
            return;
        }

        CartRecord? cart = null;
        if (body.CartId is { } cartId)
        {
            cart = await FeaturesApi.FindAsync(host, host.Stores.FindStore(store)!, cartId, context.RequestAborted);
            if (cart is null)
            {
                await Answer.ProblemAsync(context, FeaturesApi.NotFound);
                return;
            }
        }

        var name = (string)context.Request.RouteValues["name"]!;
        var preview = await host.Journeys.Do((desk, now) => desk.Preview(store, name, body.Variant, body.Step ?? 1, body.CartId ?? "sample", cart, now));
        if (preview is null)
        {
            await Answer.ProblemAsync(context, new Problem(404, "campaign_unknown", "The configuration has no such campaign, variant or step."));
            return;
        }

        await Answer.BytesAsync(context, StatusCodes.Status200OK, "application/json",
            JsonSerializer.SerializeToUtf8Bytes(preview, ContractsJson.Default.Intervention));
    }

    async ValueTask<(string Store, T Body)?> ReadAsync<T>(HttpContext context, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key
            || await Answer.ReadBodyAsync(context, host.Ingest.MaxMessage) is not { } bytes)
        {
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize(bytes.Length == 0 ? "{}"u8 : bytes.Span, type) is { } body)
            {
                return (key.Store.Id, body);
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        await Answer.ProblemAsync(context, new Problem(400, "invalid_json", "The body is not the JSON that the README describes."));
        return null;
    }

    static Task CountAsync(HttpContext context, string name, int count) => Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber(name, count);
        writer.WriteEndObject();
    });
}

/// <summary>A product as a shop tells it.</summary>
sealed record ProductBody(string? Id, string? Name, string? Url, string? Image, decimal? Price, long? Stock);

/// <summary>An address that takes no more.</summary>
sealed record SuppressionBody(string? Channel, string? Address, string? Reason);

/// <summary>What is to be shown.</summary>
sealed record PreviewBody(string? Variant, int? Step, string? CartId);

/// <summary>JSON of the bodies.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<ProductBody>))]
[JsonSerializable(typeof(SuppressionBody))]
[JsonSerializable(typeof(PreviewBody))]
sealed partial class OutreachApiJson : JsonSerializerContext;
