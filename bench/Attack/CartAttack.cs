using System.Globalization;
using System.Net;

namespace CartRecovery.Bench.Attack;

/// <summary>A stranger guesses the running number of another's cart and fills it, empties it, and names an address for it.</summary>
static class CartAttack
{
    const string Cart = "100042";

    static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The attack.</summary>
    public static AttackPlan Plan { get; } = new("a guessed cart", RunAsync)
    {
        Reported = "all: e-mail redirected, 1,000 items, emptied by a purchase, kept from going idle, offer diverted by its id",
        PrepareAsync = engine => engine.PostAsync(AttackPlan.Publishable, engine.Event(Cart, "owner", "add_to_cart", ""","productId":"p1","price":20""")),
    };

    static async Task<string> RunAsync(AttackedEngine engine)
    {
        var accepted = 0;
        foreach (var (type, more) in new[]
        {
            ("add_to_cart", ""","productId":"p9","quantity":999,"price":1"""), ("identify", ""","meta":{"email":"thief@evil.example"}"""),
            ("page_view", ""), ("purchase", ""","price":1"""),
        })
        {
            accepted += (await engine.PostAsync(AttackPlan.Publishable, engine.Event(Cart, "thief", type, more))).Status == HttpStatusCode.OK ? 1 : 0;
        }

        // An id that is used first does not make the owner's event a duplicate.
        await engine.PostAsync(AttackPlan.Publishable, $$"""{"id":"order-17","type":"page_view","cartId":"{{Cart}}","sessionId":"thief","ts":{{Now}}}""");
        await engine.PostAsync(AttackPlan.Secret, $$"""{"id":"order-17","type":"add_to_cart","cartId":"{{Cart}}","productId":"p2","price":3,"ts":{{Now}}}""");
        var features = (await engine.GetAsync($"/v1/features/{Cart}", AttackPlan.Secret))?.GetProperty("features");
        return string.Create(CultureInfo.InvariantCulture,
            $"{accepted} of 4 events changed it; items in it: {features?.GetProperty("item_count").GetDouble() ?? 0:N0} of the owner's 2");
    }
}
