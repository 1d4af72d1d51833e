using System.Text;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Composition;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CartRecovery.Host.Api;

/// <summary><c>GET /v1/features/{cartId}</c>: a cart as the model sees it; <c>GET /v1/features/definitions</c>: what the names mean.</summary>
sealed class FeaturesApi(EngineHost host)
{
    static readonly FeatureVector s_all = new(FeatureTable.Names);

    public async Task GetAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key)
        {
            return;
        }

        var cartId = CartIdOf(context);
        if (await FindAsync(host, key.Store, cartId, context.RequestAborted) is not { } cart)
        {
            await Answer.ProblemAsync(context, NotFound);
            return;
        }

        var features = new float[s_all.Count];
        s_all.Fill(cart, new StoreClock(key.Store.TimeZone).At(cart.LastAt), features);
        await Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("storeId"u8, key.Store.Id);
            writer.WriteString("cartId"u8, cartId);
            writer.WriteString("updatedAt"u8, DateTimeOffset.FromUnixTimeMilliseconds(cart.LastAt).UtcDateTime);
            writer.WriteString("currency"u8, CurrencyCode.ToString(cart.Currency));
            writer.WriteStartObject("features"u8);
            for (var i = 0; i < features.Length; i++)
            {
                writer.WriteNumber(s_all.Names[i], features[i]);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    public static Task DefinitionsAsync(HttpContext context) => Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("features"u8);
        foreach (var feature in FeatureTable.All)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, feature.Name);
            writer.WriteString("unit"u8, feature.Unit);
            writer.WriteString("description"u8, feature.Description);
            writer.WriteString("computation"u8, feature.Computation);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    // Not the route's value: in it a slash of the id is still escaped, and cannot be told from an id that has %2F in it.
    public static string CartIdOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?');
        var path = (query < 0 ? target : target[..query]).TrimEnd('/');
        return Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]);
    }

    /// <summary>There is no such cart.</summary>
    public static Problem NotFound => new(404, "cart_not_found", "No event of this cart has come in.");

    /// <summary>A store's cart, after every event that was accepted before.</summary>
    public static Task<CartRecord?> FindAsync(EngineHost host, Store store, string cartId, CancellationToken cancellationToken)
    {
        var seed = Hash128.Of(store.IdUtf8, seed: 0).Low;
        return host.Partitions.FindAsync(Hash128.Of(Encoding.UTF8.GetBytes(cartId), seed), cancellationToken);
    }
}
