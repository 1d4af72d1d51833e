using System.Globalization;
using System.Net;

namespace CartRecovery.Bench.Attack;

/// <summary>A stranger guesses the running number of another's cart and fills it, empties it, and names an address for it.</summary>
static class CartAttack
{
    const string Cart = "100042";

    /// <summary>The attack.</summary>
    public static AttackPlan Plan { get; } = new("a guessed cart", RunAsync)
    {
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

        var features = (await engine.GetAsync($"/v1/features/{Cart}", AttackPlan.Secret))?.GetProperty("features");
        return string.Create(CultureInfo.InvariantCulture,
            $"{accepted} of 4 events changed it; items in it: {features?.GetProperty("item_count").GetDouble() ?? 0:N0} (1 before)");
    }
}
