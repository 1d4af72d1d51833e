using System.Text.Json;
using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Host.Demo;

/// <summary>A product of the demo shop.</summary>
/// <param name="Id">The id in the log.</param>
/// <param name="Name">Brand and kind, because the log has no names.</param>
/// <param name="Department">Its category in words.</param>
/// <param name="Icon">The category's icon.</param>
/// <param name="Price">The last price in the log, in US dollars.</param>
/// <param name="Views">The number of views in the log.</param>
sealed record DemoProduct(string Id, string Name, string Department, string Icon, decimal Price, int Views);

/// <summary>The demo shop's products: the most viewed ones of the log's most viewed categories.</summary>
sealed class DemoCatalogue
{
    const int MaxDepartments = 8;
    const int ProductsEach = 3;

    // Categories with an icon; others get a parcel.
    static readonly Dictionary<string, (string One, string Many, string Icon)> s_known = new(StringComparer.Ordinal)
    {
        ["electronics.smartphone"] = ("smartphone", "Smartphones", "phone"),
        ["computers.notebook"] = ("notebook", "Notebooks", "laptop"),
        ["electronics.audio.headphone"] = ("headphones", "Headphones", "headphones"),
        ["electronics.clocks"] = ("watch", "Watches", "watch"),
        ["electronics.video.tv"] = ("television", "Televisions", "tv"),
        ["appliances.kitchen.refrigerators"] = ("refrigerator", "Refrigerators", "fridge"),
        ["appliances.kitchen.washer"] = ("washing machine", "Washing machines", "washer"),
        ["appliances.environment.vacuum"] = ("vacuum cleaner", "Vacuum cleaners", "vacuum"),
    };

    readonly Dictionary<string, DemoProduct> _products;

    /// <param name="log">A shop's log.</param>
    public DemoCatalogue(IEnumerable<ShopEvent> log)
    {
        All = [.. log.Where(e => e.Category.Length > 0 && e.Brand.Length > 0 && e.Price > 0)
            .GroupBy(e => e.Category, StringComparer.Ordinal)
            .OrderByDescending(c => s_known.ContainsKey(c.Key)).ThenByDescending(c => c.Count())
            .Take(MaxDepartments)
            .SelectMany(c => c.GroupBy(e => e.Product, StringComparer.Ordinal)
                .OrderByDescending(p => p.Count()).ThenBy(p => p.Key, StringComparer.Ordinal)
                .Take(ProductsEach).Select(p => ProductOf(p.Last(), p.Count())))];
        _products = All.ToDictionary(p => p.Id, StringComparer.Ordinal);
    }

    /// <summary>All products, by department.</summary>
    public IReadOnlyList<DemoProduct> All { get; }

    /// <summary>Returns the product with that id, or null.</summary>
    public DemoProduct? Find(string id) => _products.GetValueOrDefault(id);

    /// <summary>Writes the products as a JSON array.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var product in All)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, product.Id);
            writer.WriteString("name"u8, product.Name);
            writer.WriteString("department"u8, product.Department);
            writer.WriteString("icon"u8, product.Icon);
            writer.WriteNumber("price"u8, product.Price);
            writer.WriteNumber("views"u8, product.Views);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    static DemoProduct ProductOf(ShopEvent e, int views)
    {
        var leaf = e.Category[(e.Category.LastIndexOf('.') + 1)..].Replace('_', ' ');
        var (one, many, icon) = s_known.GetValueOrDefault(e.Category, (leaf, Capital(leaf), "box"));
        var brand = e.Brand.Length <= 2 ? e.Brand.ToUpperInvariant() : Capital(e.Brand);
        return new DemoProduct(e.Product, $"{brand} {one}", many, icon, e.Price, views);
    }

    static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
