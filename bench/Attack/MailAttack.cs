using System.Globalization;

namespace CartRecovery.Bench.Attack;

/// <summary>One request with everyone's key makes the engine mail 200 strangers a text and a link of the attacker's.</summary>
static class MailAttack
{
    const int Strangers = 200;
    const string Bait = "evil.example";

    // Outlives the engines: the attacks run one after the other.
    static readonly MailReceiver s_mail = new(Bait);

    /// <summary>The attack.</summary>
    public static AttackPlan Plan { get; } = new("strangers mailed", RunAsync)
    {
        Reported = "200 mailed a text and a link of the attacker's",
        Campaign = "{ name: left, stores: [demo], trigger: { idle: 1s }, when: [{ feature: item_count, atLeast: 1 }], steps: [{ channel: mail, "
            + "action: { type: reminder }, subject: \"Your cart\", message: \"{{ customer.first_name }} {% for line in cart.lines %}{{ line.name }}{% endfor %}\" }] }",
        Configuration =
        [
            "  trustedProxies: [127.0.0.1]", "  window: 1s",
            "contact: { holdout: 0, firstMessage: 0s, quietHours: , caps: [], publicUrl: \"http://recover.example\" }",
            $"sinks: {{ console: {{ type: console }}, mail: {{ type: email, host: 127.0.0.1, port: {s_mail.Port}, tls: none, from: \"shop@shop.example\" }} }}",
        ],
    };

    static async Task<string> RunAsync(AttackedEngine engine)
    {
        s_mail.Reset();
        var (status, _) = await engine.SendAsync(HttpMethod.Post, "/v1/events", AttackPlan.Publishable,
            $"[{string.Join(',', Enumerable.Range(0, Strangers).Select(i => Guest(engine, i)))}]", ("X-Forwarded-For", "203.0.113.7"));
        await AttackedEngine.WaitAsync(() => s_mail.Count > 0);
        var mails = await AttackedEngine.SettleAsync(() => s_mail.Count);
        return string.Create(CultureInfo.InvariantCulture, $"{(int)status}: {mails} of {Strangers} mailed, {s_mail.Baited} with the attacker's text");
    }

    static string Guest(AttackedEngine engine, int number) => string.Join(',',
        engine.Event($"mail-{number}", $"mail-{number}", "identify", $$""","meta":{"email":"victim{{number}}@example.com","firstName":"{{Bait}}"}"""),
        engine.Event($"mail-{number}", $"mail-{number}", "consent", ""","meta":{"channel":"email","granted":true}"""),
        engine.Event($"mail-{number}", $"mail-{number}", "add_to_cart", $$""","productId":"p1","price":5,"meta":{"name":"{{Bait}}"}"""));
}
