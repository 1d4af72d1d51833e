using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>The headers that keep an answer from being misused in a browser, on every route and every error.</summary>
[TestFixture]
sealed partial class SecurityHeadersTests
{
    // What pages and mails of other origins embed.
    static readonly string[] s_embedded = ["/sdk.js", "/sdk.mjs", "/sdk.debug.mjs", "/sdk.d.ts", "/v1/track/open/7"];

    // What browsers may keep.
    static readonly string[] s_cached = ["/sdk.js", "/sdk.mjs", "/sdk.debug.mjs", "/sdk.d.ts", "/openapi/v1.json", "/docs/scalar.js", "/docs/scalar.aspnetcore.js", "/docs/favicon.svg"];

    // Whose answer has an ETag for the page that asked.
    const string Flags = "/ofrep/v1/evaluate/flags";

    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync() =>
        _engine = await InProcessEngine.StartAsync(config => config.Stores[0].Keys.Add(InProcessEngine.Key("sk_shop", KeyKind.Secret)));

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task Every_route_and_every_error_has_them()
    {
        string[] errors = ["GET /nothing", "DELETE /health", "GET /v1/carts/%00", "GET /v1/interventions?limit=x", "POST /v1/events"];
        foreach (var route in AccessMatrixTests.Routes(_engine).Concat(errors))
        {
            var (method, pattern) = (route.Split(' ')[0], route.Split(' ')[1]);
            var path = string.Join('/', pattern.Split('/').Select(part => part.StartsWith('{') ? "7" : part)).Replace("/docs/7", "/docs", StringComparison.Ordinal);
            foreach (var key in new[] { null, "sk_shop" })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                if (key is not null)
                {
                    request.Headers.Add("X-Api-Key", key);
                }

                using var client = new HttpClient { BaseAddress = _engine.Http.BaseAddress };
                using var answer = await client.SendAsync(request);
                if (answer.Content.Headers.ContentLength == 0 && (int)answer.StatusCode == 400)
                {
                    // Rejected by the server before there is a request.
                    continue;
                }

                string? Of(string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
                using (Assert.EnterMultipleScope())
                {
                    var what = $"{method} {path} {(int)answer.StatusCode}";
                    Assert.That(Of("X-Content-Type-Options"), Is.EqualTo("nosniff"), what);
                    Assert.That(Of("X-Frame-Options"), Is.EqualTo("DENY"), what);
                    Assert.That(Of("Content-Security-Policy"), Does.StartWith("default-src 'none'").And.Contain("frame-ancestors 'none'").And.Contain("base-uri 'none'"), what);
                    Assert.That(Of("Content-Security-Policy"), Does.Not.Match("script-src[^;]*unsafe"), what);
                    Assert.That(Of("Referrer-Policy"), Is.EqualTo("no-referrer"), what);
                    Assert.That(Of("Cross-Origin-Resource-Policy"), Is.EqualTo(s_embedded.Contains(path) ? "cross-origin" : "same-origin"), what);
                    Assert.That(Of("Cache-Control"), s_cached.Contains(path) || (path == Flags && answer.IsSuccessStatusCode) ? Does.Not.StartWith("no-store") : Does.StartWith("no-store"), what);
                    Assert.That(Of("Strict-Transport-Security"), Is.Null, "only over TLS");
                    Assert.That(Of("Server"), Is.Null, what);
                }
            }
        }
    }

    [Test]
    public async Task The_API_viewers_policy_admits_its_own_scripts_alone()
    {
        var page = await _engine.GetAsync("/docs", key: null);
        var policy = page.Headers["Content-Security-Policy"];
        var inline = InlineScript().Matches(page.Body).Select(script => script.Groups["text"].Value).ToArray();

        Assert.That(inline, Is.Not.Empty);
        foreach (var text in inline)
        {
            Assert.That(policy, Does.Contain($"'{HashOf(text)}'"));
        }

        Assert.That(page.Body, Does.Not.Match("\\son[a-z]+=\""), "no handlers in attributes");
    }

    [Test]
    public async Task A_page_of_a_link_has_a_policy_for_its_style_alone()
    {
        var link = new SignedLink(LinkKind.Unsubscribe, "iv_1", "demo", "c1", TimeProvider.System.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds());
        var page = await _engine.GetAsync($"/v1/track/unsubscribe/{_engine.Host.JourneyOptions.Signer.Sign(link)}", key: null);
        var style = InlineStyle().Match(page.Body).Groups["text"].Value;

        Assert.That(page.Body, Does.Contain("<button>"));
        Assert.That(page.Headers["Content-Security-Policy"], Is.EqualTo($"default-src 'none'; style-src '{HashOf(style)}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"));
        Assert.That(page.Headers["Cache-Control"], Is.EqualTo("no-store"));
    }

    static string HashOf(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    [GeneratedRegex("<style>(?<text>.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex InlineStyle();

    [GeneratedRegex("<script(?![^>]*\\ssrc=)[^>]*>(?<text>.*?)</script>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex InlineScript();
}
