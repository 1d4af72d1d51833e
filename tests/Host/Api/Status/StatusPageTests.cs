using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Storefront;
using CartRecovery.Tests.Support;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CartRecovery.Tests.Hosting.Api.Status;

/// <summary>The public status page, over HTTP and in a browser, with a service that works and one that does not.</summary>
[TestFixture]
[Category("EndToEnd")]
sealed class StatusPageTests
{
    const string Incidents = "/api/v1/monitoring/incidents";

    InProcessEngine _engine = null!;
    TcpListener _open = null!;
    Chromium _chromium = null!;
    TestUsers _users = null!;
    (string Name, string Value) _operator;
    DateOnly _today;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _open = new TcpListener(IPAddress.Loopback, 0);
        _open.Start();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Monitoring.Services["web-1"] = Service($"127.0.0.1:{((IPEndPoint)_open.LocalEndpoint).Port}");
            config.Monitoring.Services["pay-1"] = Service("127.0.0.1:1");
            config.Monitoring.Status = new StatusPageConfig
            {
                Enabled = true,
                Title = "Fish & <Chips>",
                Days = 30,
                Refresh = Duration.FromMinutes(10),
                Components =
                {
                    ["Shop"] = new StatusComponentConfig { Services = ["web-1"] },
                    ["Payments"] = new StatusComponentConfig { Services = ["web-1", "pay-1"] },
                    ["Reminders"] = new StatusComponentConfig { Parts = ["journal", "partition-*"] },
                },
            };
        });
        foreach (var service in _engine.Host.Health.Services.Services)
        {
            await Eventually.Is(() => service.Record.Last is not null, "it is checked");
        }

        await _engine.Host.Health.SampleAsync();
        _users = new TestUsers(_engine);
        _operator = await _users.NewAsync(new Grant("operator", null));
        _today = DateOnly.FromDateTime(_engine.Host.Time.GetUtcNow().UtcDateTime);
        AppendYesterday("web-1", 0);
        AppendYesterday("pay-1", 36);
        await CreateAsync("the disk of db-3 is full", "web-1", ("note", "Ann deleted the logs"));
        await CreateAsync("pay-1 refuses, host 10.0.0.9", "pay-1", ("note", "secret-note"), ("public", "Payments fail\nWe work on <it>."), ("deploy", "secret-deploy"), ("public", "A fix is being tested."));
        _chromium = await Chromium.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _chromium.DisposeAsync();
        _users.Dispose();
        await _engine.DisposeAsync();
        _open.Dispose();
    }

    [Test]
    public void A_component_may_name_each_part_of_health() =>
        Assert.That(_engine.Host.Health.Parts.Select(part => part.Key).Where(part => !StatusComponentConfig.IsPart(part)), Is.Empty);

    [Test]
    public async Task Components_are_as_bad_as_the_worst_of_what_they_consist_of()
    {
        var status = (await _engine.GetAsync("/status", key: null)).Json;
        Assert.That((status.GetProperty("title").GetString(), status.GetProperty("status").GetString()), Is.EqualTo(("Fish & <Chips>", "outage")));
        Assert.That(status.GetProperty("components").EnumerateArray().Select(one => $"{one.GetProperty("name").GetString()} {one.GetProperty("status").GetString()}"),
            Is.EqualTo(new[] { "Shop operational", "Payments outage", "Reminders operational" }));
    }

    [Test]
    public async Task Days_have_the_lowest_uptime_of_what_a_component_consists_of()
    {
        var components = (await _engine.GetAsync("/status", key: null)).Json.GetProperty("components");
        var (shop, payments) = (components[0].GetProperty("days"), components[1].GetProperty("days"));
        Assert.That(payments.GetArrayLength(), Is.EqualTo(30));
        Assert.That(payments[28].GetProperty("date").GetString(), Is.EqualTo(_today.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        Assert.That(payments[28].GetProperty("uptime").GetDouble(), Is.EqualTo(97.5).Within(0.05), "36 of 1440 checks failed");
        Assert.That(shop[28].GetProperty("uptime").GetDouble(), Is.EqualTo(100));
        Assert.That(payments[0].GetProperty("uptime").ValueKind, Is.EqualTo(JsonValueKind.Null), "no checks");
        Assert.That(components[1].GetProperty("uptime").GetDouble(), Is.EqualTo(payments[28].GetProperty("uptime").GetDouble()));
    }

    [Test]
    public async Task Nothing_is_public_but_public_updates_and_names_of_components()
    {
        var answer = await _engine.GetAsync("/status", key: null);
        var incident = answer.Json.GetProperty("incidents").EnumerateArray().Single();
        Assert.That((incident.GetProperty("title").GetString(), incident.GetProperty("status").GetString()), Is.EqualTo(("Payments fail", "ongoing")));
        Assert.That(incident.GetProperty("components").EnumerateArray().Select(one => one.GetString()), Is.EqualTo(new[] { "Payments" }));
        Assert.That(incident.GetProperty("updates").EnumerateArray().Select(one => one.GetProperty("text").GetString()), Is.EqualTo(new[] { "A fix is being tested.", "Payments fail\nWe work on <it>." }));
        foreach (var text in new[] { answer.Json.GetRawText(), await PageAsync() })
        {
            Assert.That(text, Does.Not.Contain("secret").And.Not.Contain("10.0.0.9").And.Not.Contain("db-3").And.Not.Contain("Ann").And.Not.Contain("pay-1").And.Not.Contain("web-1")
                .And.Not.Contain("journal").And.Not.Contain("operator").And.Not.Contain("critical"));
        }
    }

    [Test]
    public async Task An_answer_is_kept_and_has_an_entity_tag()
    {
        var first = await AskAsync("text/html");
        await CreateAsync("later", "web-1", ("public", "Not yet shown"));
        var again = await AskAsync("text/html", first.Headers.ETag!.ToString());
        Assert.That((first.StatusCode, again.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.NotModified)));
        Assert.That(again.Headers.CacheControl!.ToString(), Is.EqualTo("public, max-age=600"));
        Assert.That(string.Join(", ", again.Headers.Vary), Is.EqualTo("Accept"));
        Assert.That((await AskAsync("application/json")).Headers.ETag, Is.Not.EqualTo(first.Headers.ETag));
    }

    [Test]
    public async Task The_page_is_escaped_and_loads_nothing()
    {
        var answer = await AskAsync("text/html,application/xhtml+xml,*/*;q=0.8");
        Assert.That(answer.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/html; charset=utf-8"));
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'; style-src 'sha256-").And.Not.Contain("unsafe").And.Not.Contain("script-src"));
        Assert.That(answer.Headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"));
        var page = await answer.Content.ReadAsStringAsync();
        Assert.That(page, Does.Contain("Fish &amp; &lt;Chips&gt;").And.Contain("We work on &lt;it&gt;.").And.Not.Contain("<script"));
    }

    [TestCase(ColorScheme.Light)]
    [TestCase(ColorScheme.Dark)]
    public async Task A_browser_shows_it_and_everybody_can_read_it(ColorScheme scheme)
    {
        await using var browser = await _chromium.OpenAsync(mobile: scheme == ColorScheme.Dark);
        var page = await browser.Context.NewPageAsync();
        await page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await page.GotoAsync(new Uri(_engine.Http.BaseAddress!, "/status").AbsoluteUri);

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Fish & <Chips>" })).ToBeVisibleAsync();
        await Expect(page.GetByText("Some systems do not work")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Img)).ToHaveCountAsync(3);
        await page.GetByText("below 100%").First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Cell, new() { NameRegex = new("^97[.]") })).ToBeVisibleAsync();
        Assert.That((await page.RunAxe()).Violations.Select(one => one.ToString()), Is.Empty);
        Assert.That(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at the side");
        Assert.That(browser.Violations.Concat(browser.Errors), Is.Empty);
        Assert.That(browser.Requests, Has.All.StartsWith(_engine.Http.BaseAddress!.AbsoluteUri));
        await Shopper.DrawAsync(page, $"status-{(scheme == ColorScheme.Dark ? "dark" : "light")}");
    }

    async Task<string> PageAsync() => await (await AskAsync("text/html")).Content.ReadAsStringAsync();

    async Task<HttpResponseMessage> AskAsync(string accept, string? tag = null)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_engine.Http.BaseAddress!, "/status"));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        return await client.SendAsync(request);
    }

    async Task CreateAsync(string title, string affected, params (string Kind, string Text)[] entries)
    {
        var id = (await _engine.PostAsync(Incidents, $$"""{"title":"{{title}}","severity":"critical","affected_services":["{{affected}}"]}""", key: null, _operator)).Json.GetProperty("id").GetString();
        foreach (var (kind, text) in entries)
        {
            var added = await _engine.PostAsync($"{Incidents}/{id}/entries", $$"""{"kind":"{{kind}}","text":"{{text.Replace("\n", "\\n", StringComparison.Ordinal)}}"}""", key: null, _operator);
            Assert.That(added.Status, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    // A check a minute; the failed ones in the middle of the day.
    void AppendYesterday(string service, int failed)
    {
        var start = new DateTimeOffset(_today.AddDays(-1), TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();
        for (var minute = 0; minute < 1440; minute++)
        {
            var bad = Math.Clamp(minute - 700, 0, failed);
            Append("unhealthy", minute, bad);
            Append("healthy", minute, minute - bad);
        }

        void Append(string state, int minute, double value) => _engine.Host.Monitor.History!.Append(
            SeriesLabels.Of("cartrecovery_service_checks_total", "job", "cartrecovery", "service", service, "state", state), start + (minute * 60_000L), value);
    }

    static ServiceConfig Service(string target) => new() { Kind = ServiceKind.Tcp, Target = target, Interval = Duration.FromHours(1) };
}
