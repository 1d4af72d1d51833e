using System.Globalization;
using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Products;

/// <summary><c>/v1/products</c>: product names, prices and stock.</summary>
static class ProductsRoutes
{
    const int MaxProducts = 5000;
    const string Address = "an absolute http or https URL";

    static readonly QueryParameter<string> s_text = QueryParameters.Text("q", "Returns only products with this text in the name or the id.");

    static readonly QueryParameter<string> s_stock =
        QueryParameters.Choice("stock", "Returns only products that are in stock, sold out, or of unknown stock.", ["in", "out", "unknown"], @default: null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/products", ApiTags.Products);
        group.MapGet("", ListAsync)
            .Describe("listProducts", "List products", "The names, prices and stock that messages use, by id. Each variant that an event of the shop's server named is a product of its own.")
            .Report<ProductRow>(s_text, s_stock);
        group.MapPost("", PutAsync)
            .Describe("putProducts", "Add or change products",
                "Names, prices and stock for messages; at most 5,000 products a request. Existing products are replaced. Messages never show a product with stock 0.")
            .WithMetadata(new AuditedChange("product.put")).Problems(ApiProblems.InvalidJson, ApiProblems.OutOfRange);
    }

    static async Task<ReportResult> ListAsync(Caller caller, RequestQuery query, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var table = StoreLists.Products(reports, caller.Store.Id, query.Of(s_text), query.Of(s_stock), PositionOf(query.Of(QueryParameters.Cursor)), limit + 1);
        string? next = null;
        if (table.Rows.Count > limit)
        {
            table.Rows.RemoveRange(limit, table.Rows.Count - limit);
            next = CursorOf((string)table.Rows[^1][0]!, (string?)table.Rows[^1][^1]);
        }

        return new ReportResult("products", table, next, query.Of(QueryParameters.Format));
    }

    // The id's length tells where the variant begins, whatever is in them.
    static string CursorOf(string id, string? variant) => string.Create(CultureInfo.InvariantCulture, $"{id.Length}:{id}{variant}");

    static (string Id, string Variant) PositionOf(string? cursor)
    {
        if (cursor is null)
        {
            return ("", "");
        }

        var start = cursor.IndexOf(':') + 1;
        return int.TryParse(cursor.AsSpan(0, Math.Max(start - 1, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= cursor.Length - start
            ? (cursor.Substring(start, length), cursor[(start + length)..]) : throw Cursors.Wrong();
    }

    static async Task<Results<Ok<StoredProducts>, ProblemHttpResult>> PutAsync(List<ProductBody> products, HttpContext context, Caller caller, JourneyWorker journeys)
    {
        AuditDetail.Add(context, "products", products.Count);
        if (Check(products) is { } problem)
        {
            return problem.ToResult();
        }

        var store = caller.Store;
        await journeys.InvokeAsync((engine, _) =>
        {
            foreach (var p in products)
            {
                engine.Store.Products.Set(store.Id, store.Ids.ProductOf(Encoding.UTF8.GetBytes(p.Id)),
                    new Product(p.Id, p.Name, p.Url, p.Image, p.Price is { } price ? (long)(price * Money.PerUnit) : null, p.Stock));
            }

            return true;
        });
        return TypedResults.Ok(new StoredProducts(products.Count));
    }

    static HttpProblem? Check(List<ProductBody> products)
    {
        if (products.Count > MaxProducts)
        {
            return ApiProblems.OutOfRange with
            {
                Detail = $"expected at most {MaxProducts} products, got {products.Count}. Split the request.",
            };
        }

        for (var i = 0; i < products.Count; i++)
        {
            if (products[i]?.Id is not { Length: > 0 } id || Encoding.UTF8.GetByteCount(id) > EventSlab.MaxSentIdLength)
            {
                return Wrong(i, "id", $"1 to {EventSlab.MaxSentIdLength} bytes");
            }

            if (products[i].Price is < 0 or > Money.MaxPrice)
            {
                return Wrong(i, "price", $"0 to {Money.MaxPrice:N0}, got {products[i].Price}");
            }

            if (products[i].Stock is < 0)
            {
                return Wrong(i, "stock", $"0 or more, got {products[i].Stock}");
            }

            if (!IsWebAddress(products[i].Url))
            {
                return Wrong(i, "url", Address);
            }

            if (!IsWebAddress(products[i].Image))
            {
                return Wrong(i, "image", Address);
            }
        }

        return null;
    }

    static HttpProblem Wrong(int index, string field, string expected) =>
        ApiProblems.OutOfRange with { Detail = string.Create(CultureInfo.InvariantCulture, $"[{index}].{field}: expected {expected}.") };

    // Messages link to these addresses, so no other scheme may pass.
    static bool IsWebAddress(string? text) =>
        text is null or "" || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps));
}

/// <summary>A product.</summary>
/// <param name="Id">The product id used in events.</param>
/// <param name="Name">The name.</param>
/// <param name="Url">The http or https URL of its page.</param>
/// <param name="Image">The http or https URL of its image.</param>
/// <param name="Price">The current price, at most 1,000,000,000.</param>
/// <param name="Stock">The stock; 0 if sold out.</param>
sealed record ProductBody(string Id, string? Name = null, string? Url = null, string? Image = null, decimal? Price = null, long? Stock = null);

/// <summary>A product as messages use it.</summary>
/// <param name="Id">The product id used in events.</param>
/// <param name="Name">The name.</param>
/// <param name="Url">The URL of its page.</param>
/// <param name="Image">The URL of its image.</param>
/// <param name="Price">The current price, in the store's currency.</param>
/// <param name="Stock">The stock; 0 if sold out, null if unknown.</param>
/// <param name="Variant">The variant; null for the product itself. What a variant lacks, it has from its product.</param>
sealed record ProductRow(string Id, string? Name, string? Url, string? Image, double? Price, long? Stock, string? Variant);

/// <summary>The outcome of storing products.</summary>
/// <param name="Products">The number of products stored.</param>
sealed record StoredProducts(int Products);
