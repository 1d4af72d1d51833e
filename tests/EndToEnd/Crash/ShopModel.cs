
namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>An intervention expected by the model.</summary>
sealed record ExpectedIntervention(string Campaign, string Cart, long DecidedAt);

/// <summary>The expected result of one client's events, computed independently of the engine.</summary>
sealed class ShopModel
{
    /// <summary>The window with at most one intervention per cart, in milliseconds.</summary>
    public const long Window = 200;

    /// <summary>The campaign for idle carts.</summary>
    public const string Left = "left";

    /// <summary>The inactivity after which a cart is idle, in milliseconds.</summary>
    public const long Idle = 1000;

    /// <summary>The campaigns assumed by <see cref="Interventions"/>.</summary>
    public const string Campaigns = """
        [
          { name: bought, trigger: { event: purchase }, action: { type: reminder }, channel: crm, message: "{{cart_id}} is bought" },
          { name: checkout, trigger: { event: begin_checkout }, action: { type: reminder }, channel: crm, message: "{{item_count}} for {{cart_value}}" },
          { name: left, trigger: { idle: 1s }, when: [{ feature: cart_views, atLeast: 1 }], action: { type: reminder }, channel: crm, message: "left" }
        ]
        """;

    readonly List<ShopEvent> _events = [];
    readonly Dictionary<string, List<ShopEvent>> _carts = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<ShopEvent>> _orders = new(StringComparer.Ordinal);

    /// <summary>All events by event time.</summary>
    public IReadOnlyList<ShopEvent> Events => _events;

    public IReadOnlyCollection<string> Carts => _carts.Keys;

    public void Add(ShopEvent e)
    {
        _events.Add(e);
        ListOf(_carts, e.Cart).Add(e);
        if (e is { Type: "purchase", User: not null })
        {
            ListOf(_orders, e.User).Add(e);
        }
    }

    /// <summary>The number of this cart's events among the first <paramref name="events"/>.</summary>
    public int CountOf(string cart, int events) => _carts[cart].Count(e => e.Sequence < events);

    /// <summary>The time of the cart's latest event in milliseconds since 1970.</summary>
    public long LastAt(string cart) => _carts[cart][^1].At;

    /// <summary>The cart's features after its first <paramref name="count"/> events.</summary>
    public IReadOnlyDictionary<string, double> FeaturesOf(string cart, int count)
    {
        var events = _carts[cart].GetRange(0, count);
        var last = events[^1];
        var order = events.FindLastIndex(e => e.Type == "purchase");
        var content = Content(events.Skip(order + 1));
        var items = content.Values.Sum(line => line.Quantity);
        var value = content.Values.Sum(line => line.Quantity * line.Price) / 100.0;
        var prices = events.Where(e => e.Price is not null).Select(e => e.Price!.Value / 100.0).DefaultIfEmpty(0).ToList();
        var moments = events.Select(e => e.At).Distinct().ToList();
        var orders = last.User is not null && _orders.TryGetValue(last.User, out var all)
            ? all.Where(e => e.Sequence <= last.Sequence).ToList()
            : [];
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["event_count"] = events.Count,
            ["page_views"] = events.Count(e => e.Type == "page_view"),
            ["item_views"] = events.Count(e => e.Type == "view_item"),
            ["adds"] = events.Count(e => e.Type == "add_to_cart"),
            ["removes"] = events.Count(e => e.Type == "remove_from_cart"),
            ["cart_views"] = events.Count(e => e.Type == "view_cart"),
            ["purchases"] = events.Count(e => e.Type == "purchase"),
            ["item_count"] = items,
            ["cart_value"] = value,
            ["average_item_price"] = items == 0 ? 0 : value / items,
            ["average_seen_price"] = prices.Average(),
            ["lowest_seen_price"] = prices.Min(),
            ["highest_seen_price"] = prices.Max(),
            ["last_seen_price"] = prices[^1],
            ["checkout_step"] = CheckoutStep(events),
            ["seconds_since_last_event"] = moments.Count < 2 ? 0 : (moments[^1] - moments[^2]) / 1000.0,
            ["session_seconds"] = (last.At - events[0].At) / 1000.0,
            ["session_events"] = events.Count,
            ["session_count"] = 1,
            ["is_known_customer"] = last.User is null ? 0 : 1,
            ["customer_orders"] = orders.Count,
            ["customer_average_order_value"] = orders.Count == 0 ? 0 : orders.Average(e => e.Price!.Value * e.Quantity / 100.0),
        };
    }

    /// <summary>Every intervention caused by all events once the last cart has gone idle.</summary>
    public IEnumerable<ExpectedIntervention> Interventions()
    {
        foreach (var (cart, events) in _carts)
        {
            var last = long.MinValue / 2;
            foreach (var (at, campaign) in Occasions(events).OrderBy(occasion => occasion.At))
            {
                if (at - last < Window)
                {
                    continue;
                }

                last = at;
                yield return new ExpectedIntervention(campaign, cart, at);
            }
        }
    }

    static IEnumerable<(long At, string Campaign)> Occasions(List<ShopEvent> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].Type is "purchase")
            {
                yield return (events[i].At, "bought");
            }
            else if (events[i].Type is "begin_checkout")
            {
                yield return (events[i].At, "checkout");
            }
        }

        // Only viewed carts are abandoned: those without a further event within the idle time.
        for (var i = 0; i < events.Count; i++)
        {
            if (events[0].Type is "view_cart" && (i + 1 == events.Count || events[i + 1].At - events[i].At > Idle))
            {
                yield return (events[i].At + Idle, Left);
            }
        }
    }

    static Dictionary<string, (int Quantity, long Price)> Content(IEnumerable<ShopEvent> events)
    {
        var content = new Dictionary<string, (int Quantity, long Price)>(StringComparer.Ordinal);
        foreach (var e in events.Where(e => e.Type is "add_to_cart" or "remove_from_cart"))
        {
            var had = content.GetValueOrDefault(e.Product!);
            if (e.Type is "add_to_cart")
            {
                content[e.Product!] = (had.Quantity + e.Quantity, e.Price!.Value);
            }
            else
            {
                content[e.Product!] = (Math.Max(0, had.Quantity - e.Quantity), had.Price);
            }
        }

        return content;
    }

    static int CheckoutStep(List<ShopEvent> events)
    {
        var step = 0;
        foreach (var e in events)
        {
            step = e.Type switch
            {
                "purchase" => 4,
                "add_to_cart" when step == 4 => 0,
                "begin_checkout" when step is 0 or 4 => 1,
                "add_shipping_info" when step is < 2 or 4 => 2,
                "add_payment_info" when step is < 3 or 4 => 3,
                _ => step,
            };
        }

        return step;
    }

    static List<ShopEvent> ListOf(Dictionary<string, List<ShopEvent>> lists, string key)
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists[key] = list = [];
        }

        return list;
    }
}
