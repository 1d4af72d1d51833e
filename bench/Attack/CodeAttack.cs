using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace CartRecovery.Bench.Attack;

/// <summary>A discount code is harvested from a page and passed on to a hundred shoppers; others guess codes like it.</summary>
static partial class CodeAttack
{
    const int Shoppers = 100;

    /// <summary>The attack.</summary>
    public static AttackPlan Plan { get; } = new("a harvested code", RunAsync)
    {
        Reported = "one code for everybody, worth any number of orders",
        Campaign = "{ name: saver, stores: [demo], trigger: { idle: 1s }, when: [{ feature: item_count, atLeast: 1 }], "
            + "action: { type: discount, percent: 10, codes: { prefix: SAVE- } }, channel: console, message: \"take {{ offer.code }}\" }",
        Configuration = ["contact: { holdout: 0, firstMessage: 0s, quietHours: , caps: [] }"],
    };

    static async Task<string> RunAsync(AttackedEngine engine)
    {
        await engine.PostAsync(AttackPlan.Publishable, engine.Event("harvest", "harvest", "add_to_cart", ""","productId":"p1","price":5"""));
        await AttackedEngine.WaitAsync(() => Code().IsMatch(engine.Process.Output));
        if (Code().Match(engine.Process.Output) is not { Success: true, Value: var code })
        {
            return "no code was sent";
        }

        var (used, guessed) = (0, 0);
        for (var i = 0; i < Shoppers; i++)
        {
            used += await IsRedeemedAsync(engine, code, i) ? 1 : 0;
            guessed += await IsRedeemedAsync(engine, string.Create(CultureInfo.InvariantCulture, $"{code[..^2]}{i:D2}"), i) ? 1 : 0;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{used} of {Shoppers} orders; {guessed} of {Shoppers} guesses");
    }

    // As the shop's checkout does.
    static async Task<bool> IsRedeemedAsync(AttackedEngine engine, string code, int shopper) =>
        (await engine.SendAsync(HttpMethod.Post, $"/v1/codes/{code}/redeem", AttackPlan.Secret, $$"""{"cartId":"buyer-{{shopper}}"}""")).Status == HttpStatusCode.OK;

    [GeneratedRegex("SAVE-[0-9A-Z]{10}")]
    private static partial Regex Code();
}
