using System.Globalization;
using System.Text.RegularExpressions;

namespace CartRecovery.Bench.Attack;

/// <summary>Texts of the attacker's that leave the engine: cells of an export that a spreadsheet executes, and targets of links.</summary>
static partial class OutputAttacks
{
    static readonly string[] s_formulas =
    [
        "=HYPERLINK(1)", " =1+1", "+1+1", "-1+1", "@SUM(1)", "\u00a0=1+1", "\u200b=1+1", "\uff1d1+1", "\uff0b1", "  @A1",
    ];

    static readonly string[] s_targets =
    [
        "https://evil.example/", "//evil.example/", "https://shop.example.evil.example/", "https://shop.example@evil.example/", "https://user:pw@shop.example/", "http://shop.example/p",
        "https://shop.example:8443/", "https://shop.example\\@evil.example/", "javascript:alert(1)//https://shop.example/", "data:text/html,https://shop.example/",
        "https://shop.example%2eevil.example/", "https://ѕhop.example/",
    ];

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<AttackPlan> Plans { get; } =
    [
        new("formulas in an export", FormulasAsync) { Reported = "the command line's CSV was not guarded as the API's" },
        new("a redirect to somewhere else", RedirectsAsync)
        {
            Reported = "http, other ports and user names were allowed",
            Campaign = "{ name: plan, stores: [demo], trigger: { idle: 30m }, action: { type: reminder }, channel: console, message: \"Our plan {{ links.cart }}\" }",
            Configuration = ["contact: { holdout: 0, publicUrl: \"http://127.0.0.1\" }"],
        },
    ];

    static async Task<string> FormulasAsync(AttackedEngine engine)
    {
        await engine.PostAsync(AttackPlan.Publishable, $"[{string.Join(',', s_formulas.Select(text => engine.Event("formulas", "formulas", "view_item", $$""","productId":"{{text}}","price":1""")))}]");
        var api = (await engine.SendAsync(HttpMethod.Get, "/v1/export/events?from=1d&format=csv", AttackPlan.Secret)).Body;
        var command = await engine.Process.RunAsync("export --format csv");
        return string.Create(CultureInfo.InvariantCulture, $"of {s_formulas.Length}, {Cells(api)} in the API's and {Cells(command)} in the command line's");
    }

    // A cell is executed if it begins with the text, quoted or not; a guarded one begins with an apostrophe.
    static string Cells(string csv)
    {
        var present = s_formulas.Count(text => csv.Contains(text, StringComparison.Ordinal));
        var run = s_formulas.Count(text => csv.Contains($",{text},", StringComparison.Ordinal) || csv.Contains($",\"{text}\",", StringComparison.Ordinal));
        return string.Create(CultureInfo.InvariantCulture, $"{run}{(present == s_formulas.Length ? "" : $" ({present} found)")}");
    }

    static async Task<string> RedirectsAsync(AttackedEngine engine)
    {
        var (_, preview) = await engine.SendAsync(HttpMethod.Post, "/v1/campaigns/plan/preview", AttackPlan.Secret, "{}");
        if (Link().Match(preview) is not { Success: true, Value: var link })
        {
            return "no link";
        }

        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{engine.Process.HttpPort}") };
        var (led, answered) = (0, 0);
        foreach (var target in s_targets)
        {
            using var answer = await http.GetAsync(new Uri($"{link}?to={Uri.EscapeDataString(target)}", UriKind.Relative));
            answered += answer.Headers.Location is null ? 0 : 1;
            led += answer.Headers.Location is { } to && !to.OriginalString.StartsWith("https://shop.example/cart", StringComparison.Ordinal) ? 1 : 0;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{led} of {s_targets.Length} redirected there, {answered - led} to the cart page");
    }

    [GeneratedRegex("/v1/track/click/[A-Za-z0-9_-]+")]
    private static partial Regex Link();
}
