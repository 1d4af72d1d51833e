using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace CartRecovery.Tests.Support;

/// <summary>The demo's log of a real shop and the expected state of its carts, computed from the CSV independently of the engine.</summary>
sealed class ShopSample
{
    readonly Dictionary<string, List<Row>> _carts;
    readonly long _shift;

    /// <summary>One row of the log.</summary>
    sealed record Row(int Number, DateTimeOffset At, string Type, string Product, double Price, string User, string Cart);

    ShopSample(List<Row> rows, DateTimeOffset end)
    {
        Rows = rows;
        _carts = rows.GroupBy(row => row.Cart, StringComparer.Ordinal).ToDictionary(cart => cart.Key, cart => cart.ToList(), StringComparer.Ordinal);
        _shift = end.ToUnixTimeMilliseconds() - rows[^1].At.ToUnixTimeMilliseconds();
        Events = [.. rows.Select(Json)];
    }

    List<Row> Rows { get; }

    /// <summary>The log as native events, shifted in time so that the last one occurs at the given moment.</summary>
    public IReadOnlyList<byte[]> Events { get; }

    public IReadOnlyCollection<string> Carts => _carts.Keys;

    /// <summary>Every id of a cart or a person.</summary>
    public IEnumerable<string> Ids => Rows.SelectMany(row => new[] { row.Cart, row.User }).Distinct(StringComparer.Ordinal);

    /// <summary>Every cart with an addition or a purchase, and as many others as needed.</summary>
    public IReadOnlyList<string> Choose(int count) =>
    [
        .. _carts.OrderByDescending(cart => cart.Value.Any(row => row.Type != "view")).ThenBy(cart => cart.Key, StringComparer.Ordinal)
            .Take(count).Select(cart => cart.Key),
    ];

    public static ShopSample Read(DateTimeOffset end)
    {
        using var file = File.OpenRead(Path.Combine(Repository.Root, "config", "demo", "rees46-2019-10-01.csv.gz"));
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var rows = new List<Row>();
        // event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
        reader.ReadLine();
        while (reader.ReadLine()?.Split(',') is { } cell)
        {
            var at = DateTimeOffset.Parse(cell[0].Replace(" UTC", "Z", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            rows.Add(new Row(rows.Count, at, cell[1], cell[2], double.Parse(cell[6], CultureInfo.InvariantCulture), cell[7], cell[8]));
        }

        return new ShopSample(rows, end);
    }

    /// <summary>A cart's expected features after the whole log.</summary>
    public IReadOnlyDictionary<string, double> FeaturesOf(string cart)
    {
        var rows = _carts[cart];
        var last = rows[^1];
        var order = rows.FindLastIndex(row => row.Type == "purchase");
        var content = rows.Where((row, i) => row.Type == "cart" && i > order).ToList();
        var orders = Rows.Take(last.Number + 1).Where(row => row.Type == "purchase" && row.User == last.User).ToList();
        var moment = last.At.AddMilliseconds(_shift);
        var moments = rows.Select(row => row.At).Distinct().ToList();
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["event_count"] = rows.Count,
            ["page_views"] = 0,
            ["item_views"] = rows.Count(row => row.Type == "view"),
            ["adds"] = rows.Count(row => row.Type == "cart"),
            ["removes"] = 0,
            ["purchases"] = rows.Count(row => row.Type == "purchase"),
            ["item_count"] = content.Count,
            ["cart_value"] = content.Sum(row => row.Price),
            ["average_item_price"] = content.Count == 0 ? 0 : content.Average(row => row.Price),
            ["average_seen_price"] = rows.Average(row => row.Price),
            ["lowest_seen_price"] = rows.Min(row => row.Price),
            ["highest_seen_price"] = rows.Max(row => row.Price),
            ["last_seen_price"] = last.Price,
            ["remove_add_ratio"] = 0,
            ["checkout_step"] = order >= 0 && content.Count == 0 ? 4 : 0,
            ["seconds_since_last_event"] = moments.Count < 2 ? 0 : (moments[^1] - moments[^2]).TotalSeconds,
            ["seconds_since_last_add"] = rows.FindLast(row => row.Type == "cart") is { } add ? (last.At - add.At).TotalSeconds : -1,
            ["session_seconds"] = (last.At - rows[0].At).TotalSeconds,
            ["session_events"] = rows.Count,
            ["session_count"] = 1,
            ["hour_of_day"] = moment.Hour,
            ["day_of_week"] = (int)moment.DayOfWeek,
            ["is_weekend"] = moment.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 1 : 0,
            ["is_known_customer"] = 1,
            ["customer_orders"] = orders.Count,
            ["customer_average_order_value"] = orders.Count == 0 ? 0 : orders.Average(row => row.Price),
            ["customer_days_since_last_order"] = orders.Count == 0 ? -1 : (last.At - orders[^1].At).TotalDays,
            ["customer_discount_share"] = 0,
        };
    }

    byte[] Json(Row row) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["id"] = $"r{row.Number}",
        ["type"] = row.Type switch
        {
            "view" => "view_item",
            "cart" => "add_to_cart",
            _ => row.Type,
        },
        ["cartId"] = row.Cart,
        ["sessionId"] = row.Cart,
        ["userId"] = row.User,
        ["productId"] = row.Product,
        ["price"] = row.Price,
        ["ts"] = row.At.ToUnixTimeMilliseconds() + _shift,
    });
}
