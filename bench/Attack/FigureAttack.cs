using System.Globalization;

namespace CartRecovery.Bench.Attack;

/// <summary>A hundred fake carts in the headline of the revenue report.</summary>
static class FigureAttack
{
    const int Carts = 100;

    /// <summary>The attack.</summary>
    public static AttackPlan Plan { get; } = new("fake carts", RunAsync)
    {
        Reported = "100 of 100 in the treated group",
        Campaign = "{ name: left, stores: [demo], trigger: { idle: 1s }, when: [{ feature: item_count, atLeast: 1 }], action: { type: reminder }, channel: console, message: \"Back\" }",
        Configuration = ["contact: { holdout: 0, firstMessage: 0s, quietHours: , caps: [] }"],
    };

    static async Task<string> RunAsync(AttackedEngine engine)
    {
        await engine.PostAsync(AttackPlan.Publishable,
            $"[{string.Join(',', Enumerable.Range(0, Carts).Select(i => engine.Event($"fake-{i}", $"fake-{i}", "add_to_cart", ""","productId":"p1","price":5""")))}]");
        await AttackedEngine.WaitAsync(() => engine.Process.Output.Contains("fake-", StringComparison.Ordinal));
        await AttackedEngine.SettleAsync(() => engine.Process.Output.Length);
        var report = await engine.GetAsync("/v1/analytics/revenue?from=1d", AttackPlan.Secret);
        return string.Create(CultureInfo.InvariantCulture, $"{report?.GetProperty("treated").GetProperty("customers").GetInt64()} of {Carts} are in the treated group");
    }
}
