using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Products;

/// <summary><c>/v1/products</c>: what products are called, cost, and how many there are.</summary>
static class ProductsRoutes
{
    const int Most = 5000;

    public static void Map(IEndpointRouteBuilder routes) => routes.ForServers("/v1/products", ApiTags.Products)
        .MapPost("", PutAsync)
        .Describe("putProducts", "Add or change products",
            "Names, prices and stock for messages: at most 5,000 products a request. What is sold out is not advertised. A product that is known is replaced.")
        .Problems(ApiProblems.InvalidJson, ApiProblems.OutOfRange);

    static async Task<Results<Ok<StoredProducts>, ProblemHttpResult>> PutAsync(List<ProductBody> products, Caller caller, JourneyWorker outreach)
    {
        if (Check(products) is { } problem)
        {
            return problem.ToResult();
        }

        var store = caller.Store;
        var seed = EventKeys.SeedOf(store.IdUtf8);
        await outreach.Do((desk, _) =>
        {
            foreach (var p in products)
            {
                desk.Store.Products.Set(store.Id, EventKeys.ProductOf(seed, Encoding.UTF8.GetBytes(p.Id)),
                    new Product(p.Id, p.Name, p.Url, p.Image, p.Price is { } price ? (long)(price * Money.PerUnit) : null, p.Stock));
            }

            return true;
        });
        return TypedResults.Ok(new StoredProducts(products.Count));
    }

    static Problem? Check(List<ProductBody> products)
    {
        if (products.Count > Most)
        {
            return ApiProblems.OutOfRange with { Detail = $"expected at most {Most} products, got {products.Count}. Send them in parts." };
        }

        for (var i = 0; i < products.Count; i++)
        {
            if (products[i]?.Id is not { Length: > 0 } id || Encoding.UTF8.GetByteCount(id) > EventSlab.MaxIdLength)
            {
                return ApiProblems.OutOfRange with { Detail = $"[{i}].id: expected 1 to {EventSlab.MaxIdLength} bytes." };
            }

            if (products[i].Price is < 0)
            {
                return ApiProblems.OutOfRange with { Detail = $"[{i}].price: expected 0 or more, got {products[i].Price}." };
            }
        }

        return null;
    }
}

/// <summary>A product.</summary>
/// <param name="Id">Its id in events.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Url">Its page.</param>
/// <param name="Image">Its picture.</param>
/// <param name="Price">What it costs now.</param>
/// <param name="Stock">How many there are; 0 for sold out.</param>
sealed record ProductBody(string Id, string? Name = null, string? Url = null, string? Image = null, decimal? Price = null, long? Stock = null);

/// <summary>Products that were stored.</summary>
/// <param name="Products">How many.</param>
sealed record StoredProducts(int Products);
