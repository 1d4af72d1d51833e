using System.Globalization;
using System.Text.Json;

namespace CartRecovery.Bench.Attack;

/// <summary>A browser claims to be a customer of the shop, and names the shop's products.</summary>
static class ClaimAttacks
{
    const string Customer = "customer-1", Bait = "https://evil.example";

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<AttackPlan> Plans { get; } =
    [
        new("a claimed customer", CustomerAsync)
        {
            Reported = "journeys ended, consent withdrawn, address given, history moved",
            PrepareAsync = engine => engine.PostAsync(AttackPlan.Secret, $"[{string.Join(',',
                engine.Event("own", "own", "identify", $$""","userId":"{{Customer}}","meta":{"email":"customer@shop.example"}"""),
                engine.Event("own", "own", "consent", $$""","userId":"{{Customer}}","meta":{"channel":"email","granted":true}"""))}]"),
        },
        new("the catalogue", CatalogueAsync)
        {
            Reported = "names, links and images of the attacker's stored for everybody",
            PrepareAsync = engine => engine.PostAsync(AttackPlan.Secret, engine.Event("buyer", "buyer", "add_to_cart", ""","productId":"p7","price":9""")),
        },
    ];

    static async Task<string> CustomerAsync(AttackedEngine engine)
    {
        await engine.PostAsync(AttackPlan.Publishable, $"[{string.Join(',',
            engine.Event("thiefs", "thief", "consent", $$""","userId":"{{Customer}}","meta":{"channel":"email","granted":false}"""),
            engine.Event("thiefs", "thief", "identify", $$""","userId":"{{Customer}}","meta":{"email":"thief@evil.example"}"""),
            engine.Event("thiefs", "thief", "add_to_cart", $$""","userId":"{{Customer}}","productId":"p1","price":1"""),
            engine.Event("thiefs", "thief", "purchase", $$""","userId":"{{Customer}}","price":100000"""))}]");
        await engine.PostAsync(AttackPlan.Secret, engine.Event("own", "own", "add_to_cart", $$""","userId":"{{Customer}}","productId":"p1","price":5"""));
        var user = await engine.GetAsync($"/v1/users/{Customer}", AttackPlan.Secret);
        var orders = (await engine.GetAsync("/v1/features/own", AttackPlan.Secret))?.GetProperty("features").GetProperty("customer_orders").GetDouble();
        return string.Create(CultureInfo.InvariantCulture,
            $"address {Text(user, "email")}; consent {user?.GetProperty("channels").GetProperty("email").GetProperty("consent").GetString()}; {orders:N0} orders of the customer");
    }

    static async Task<string> CatalogueAsync(AttackedEngine engine)
    {
        await engine.PostAsync(AttackPlan.Publishable, engine.Event("evil", "evil", "add_to_cart", $$""","productId":"p7","price":1,"meta":{"name":"{{Bait}}","url":"{{Bait}}/p7","image":"{{Bait}}/p7.png"}"""));
        await engine.PostAsync(AttackPlan.Secret, engine.Event("buyer", "buyer", "page_view"));
        var others = (await engine.GetAsync("/v1/carts/buyer", AttackPlan.Secret))?.GetRawText() ?? "";
        var products = (await engine.GetAsync("/v1/products", AttackPlan.Secret))?.GetRawText() ?? "";
        return $"in another cart: {Seen(others)}; in the catalogue: {Seen(products)}";
    }

    static string Seen(string json) => json.Contains("evil.example", StringComparison.Ordinal) ? "the attacker's text" : "nothing";

    static string? Text(JsonElement? item, string name) => item?.GetProperty(name).GetString();
}
