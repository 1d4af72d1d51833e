using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Tests.Security;

/// <summary>
/// Calls every route of the application with every kind of key of every store. The routes come from the application itself, so one that nobody
/// entered into the table fails.
/// </summary>
[TestFixture]
sealed class AccessMatrixTests
{
    const string ShopPublishable = "pk_shop", ShopSecret = "sk_shop", OtherSecret = "sk_other", OtherPublishable = "pk_other", Unknown = "sk_nowhere";
    const string Page = "https://shop.example", Elsewhere = "https://evil.example";

    // In everything that the first store has, and in nothing else.
    const string Mark = "zebra";

    enum Access
    {
        Open,
        Publishable,
        Secret,

        // A user who is signed in; the roles are in RoleMatrixTests.
        User,

        // Open unless listen.admin or listen.metricsKey is set: AdminPortTests.
        Operator,
    }

    /// <summary>Who may call what. Enter a new route here, with the least that its callers need.</summary>
    static readonly Dictionary<string, Access> s_table = new(StringComparer.Ordinal)
    {
        ["POST /v1/events"] = Access.Publishable,
        ["POST /v1/events/batch"] = Access.Publishable,
        ["GET /v1/events/stats"] = Access.Secret,
        ["GET /v1/stream"] = Access.Publishable,
        ["GET /v1/features/definitions"] = Access.Open,
        ["GET /v1/features/{cartId}"] = Access.Secret,
        ["POST /v1/predict"] = Access.Secret,
        ["GET /v1/carts"] = Access.Secret,
        ["GET /v1/carts/{cartId}"] = Access.Secret,
        ["GET /v1/customers"] = Access.Secret,
        ["GET /v1/customers/{userId}"] = Access.Secret,
        ["GET /v1/customers/{userId}/timeline"] = Access.Secret,
        ["GET /v1/users"] = Access.Secret,
        ["POST /v1/users"] = Access.Secret,
        ["GET /v1/users/{userId}"] = Access.Secret,
        ["PATCH /v1/users/{userId}"] = Access.Secret,
        ["GET /v1/interventions"] = Access.Secret,
        ["GET /v1/interventions/{id}"] = Access.Secret,
        ["POST /v1/interventions/{id}/retry"] = Access.Secret,
        ["POST /v1/interventions"] = Access.Secret,
        ["GET /v1/track/{id}"] = Access.Secret,
        ["POST /v1/track/{id}"] = Access.Secret,
        ["POST /v1/conversions"] = Access.Secret,
        ["POST /v1/cart"] = Access.Secret,
        ["DELETE /v1/cart/{itemId}"] = Access.Secret,
        ["POST /v1/checkout"] = Access.Secret,
        ["GET /v1/orders"] = Access.Secret,
        ["POST /v1/interventions/batch"] = Access.Secret,
        ["POST /v1/interventions/schedule"] = Access.Secret,
        ["PUT /v1/interventions/{id}"] = Access.Secret,
        ["DELETE /v1/interventions/{id}"] = Access.Secret,
        ["GET /v1/data-quality"] = Access.Secret,
        ["GET /v1/drift"] = Access.Secret,
        ["GET /v1/learning/trainings"] = Access.Secret,
        ["GET /v1/learning/evaluations"] = Access.Secret,
        ["GET /v1/features/stats"] = Access.Secret,
        ["GET /v1/campaigns"] = Access.Secret,
        ["POST /v1/campaigns"] = Access.Secret,
        ["GET /v1/campaigns/{name}"] = Access.Secret,
        ["GET /v1/campaigns/{name}/versions"] = Access.Secret,
        ["PUT /v1/campaigns/{name}"] = Access.Secret,
        ["DELETE /v1/campaigns/{name}"] = Access.Secret,
        ["POST /v1/campaigns/{name}/check"] = Access.Secret,
        ["POST /v1/campaigns/{name}/activate"] = Access.Secret,
        ["POST /v1/campaigns/{name}/archive"] = Access.Secret,
        ["POST /v1/campaigns/{name}/approve"] = Access.User,
        ["POST /v1/campaigns/{name}/backtest"] = Access.Secret,
        ["GET /v1/campaigns/{name}/backtests"] = Access.Secret,
        ["GET /v1/campaigns/{name}/backtests/{id:long}"] = Access.Secret,
        ["POST /v1/campaigns/{name}/backtests/{id:long}/cancel"] = Access.Secret,
        ["POST /v1/campaigns/{name}/pause"] = Access.Secret,
        ["POST /v1/campaigns/{name}/resume"] = Access.Secret,
        ["GET /v1/campaigns/{name}/preview"] = Access.Secret,
        ["POST /v1/campaigns/{name}/preview"] = Access.Secret,
        ["POST /v1/campaigns/{name}/test"] = Access.Secret,
        ["GET /v1/analytics/performance"] = Access.Secret,
        ["GET /v1/analytics/channels"] = Access.Secret,
        ["GET /v1/analytics/conversion"] = Access.Secret,
        ["GET /v1/analytics/reasons"] = Access.Secret,
        ["GET /v1/analytics/revenue"] = Access.Secret,
        ["GET /v1/conversions"] = Access.Secret,
        ["GET /v1/products"] = Access.Secret,
        ["POST /v1/products"] = Access.Secret,
        ["GET /v1/suppressions"] = Access.Secret,
        ["POST /v1/suppressions"] = Access.Secret,
        ["DELETE /v1/suppressions"] = Access.Secret,
        ["GET /v1/codes/{code}"] = Access.Secret,
        ["POST /v1/codes/{code}/redeem"] = Access.Secret,
        ["GET /v1/feature-flags"] = Access.Secret,
        ["POST /v1/feature-flags"] = Access.Secret,
        ["GET /v1/feature-flags/{key}"] = Access.Secret,
        ["PUT /v1/feature-flags/{key}"] = Access.Secret,
        ["DELETE /v1/feature-flags/{key}"] = Access.Secret,
        ["GET /v1/templates"] = Access.Secret,
        ["POST /v1/templates"] = Access.Secret,
        ["POST /v1/templates/check"] = Access.Secret,
        ["POST /v1/templates/preview"] = Access.Secret,
        ["POST /v1/templates/{name}/preview"] = Access.Secret,
        ["GET /v1/templates/{name}"] = Access.Secret,
        ["PUT /v1/templates/{name}"] = Access.Secret,
        ["DELETE /v1/templates/{name}"] = Access.Secret,
        ["GET /v1/templates/{name}/versions"] = Access.Secret,
        ["GET /v1/segments"] = Access.Secret,
        ["POST /v1/segments"] = Access.Secret,
        ["GET /v1/segments/{key}"] = Access.Secret,
        ["PUT /v1/segments/{key}"] = Access.Secret,
        ["DELETE /v1/segments/{key}"] = Access.Secret,
        ["GET /v1/segments/{key}/versions"] = Access.Secret,
        ["GET /v1/segments/{key}/size"] = Access.Secret,
        ["GET /v1/usage"] = Access.Secret,
        ["GET /v1/export/events"] = Access.Secret,
        ["GET /v1/tap/events"] = Access.Secret,
        ["GET /v1/export/features"] = Access.Secret,
        ["POST /v1/reconciliation"] = Access.Secret,
        ["GET /v1/reconciliation"] = Access.Secret,
        ["GET /v1/reconciliation/{id}"] = Access.Secret,
        ["GET /v1/export/interventions"] = Access.Secret,
        ["GET /v1/export/conversions"] = Access.Secret,
        ["GET /v1/experiments"] = Access.Secret,
        ["POST /v1/experiments"] = Access.Secret,
        ["GET /v1/experiments/{key}"] = Access.Secret,
        ["PATCH /v1/experiments/{key}"] = Access.Secret,
        ["POST /v1/experiments/{key}/end"] = Access.Secret,
        ["DELETE /v1/experiments/{key}"] = Access.Secret,
        ["POST /ofrep/v1/evaluate/flags"] = Access.Publishable,
        ["POST /ofrep/v1/evaluate/flags/{key}"] = Access.Publishable,
        ["GET /v1/deadletters"] = Access.Secret,
        ["GET /v1/deadletters/{id:long}"] = Access.Secret,
        ["GET /v1/deadletters/{id:long}/repair"] = Access.Secret,
        ["POST /v1/deadletters/replay"] = Access.Secret,
        ["POST /v1/deadletters/drop"] = Access.Secret,
        ["DELETE /v1/deadletters/{id:long}"] = Access.Secret,
        ["GET /v1/track/click/{token}"] = Access.Open,
        ["GET /v1/track/open/{token}"] = Access.Open,
        ["GET /alerts/acknowledge/{token}"] = Access.Open,
        ["POST /alerts/acknowledge/{token}"] = Access.Open,
        ["GET /v1/track/unsubscribe/{token}"] = Access.Open,
        ["POST /v1/track/unsubscribe/{token}"] = Access.Open,
        ["GET /v1/track/confirm/{token}"] = Access.Open,
        ["POST /v1/track/confirm/{token}"] = Access.Open,
        ["GET /v1/restore/{token}"] = Access.Open,
        ["POST /v1/auth/login"] = Access.Open,
        ["POST /v1/auth/refresh"] = Access.Open,
        ["POST /v1/auth/password"] = Access.Open,
        ["POST /v1/auth/reset"] = Access.Open,
        ["GET /v1/auth/password"] = Access.Open,
        ["POST /v1/auth/logout"] = Access.User,
        ["GET /v1/auth/me"] = Access.User,
        ["POST /v1/auth/totp"] = Access.User,
        ["POST /v1/auth/totp/confirm"] = Access.User,
        ["GET /v1/api-keys"] = Access.User,
        ["POST /v1/api-keys"] = Access.User,
        ["POST /v1/api-keys/{id}/rotate"] = Access.User,
        ["DELETE /v1/api-keys/{id}"] = Access.User,
        ["GET /v1/members"] = Access.User,
        ["POST /v1/members"] = Access.User,
        ["GET /v1/members/{id}"] = Access.User,
        ["PATCH /v1/members/{id}"] = Access.User,
        ["POST /v1/members/{id}/link"] = Access.User,
        ["DELETE /v1/members/{id}"] = Access.User,
        ["GET /v1/roles"] = Access.User,
        ["POST /v1/roles"] = Access.User,
        ["PUT /v1/roles/{name}"] = Access.User,
        ["DELETE /v1/roles/{name}"] = Access.User,
        ["GET /v1/auth/oidc/login"] = Access.Open,
        ["GET /v1/auth/oidc/callback"] = Access.Open,
        ["POST /v1/auth/oidc/backchannel-logout"] = Access.Open,
        ["POST /v1/auth/oidc/logout"] = Access.User,
        ["GET /v1/config"] = Access.User,
        ["PUT /v1/config"] = Access.User,
        ["PATCH /v1/config"] = Access.User,
        ["DELETE /v1/config"] = Access.User,
        ["GET /v1/config/{path}"] = Access.User,
        ["PUT /v1/config/{path}"] = Access.User,
        ["PATCH /v1/config/{path}"] = Access.User,
        ["DELETE /v1/config/{path}"] = Access.User,
        ["GET /v1/config/versions"] = Access.User,
        ["GET /v1/config/versions/{number:long}"] = Access.User,
        ["GET /v1/config/diff"] = Access.User,
        ["GET /v1/config/export"] = Access.User,
        ["POST /v1/config/rollback"] = Access.User,
        ["GET /v1/config/schedule"] = Access.User,
        ["DELETE /v1/config/schedule/{id}"] = Access.User,
        ["POST /v1/predict/batch"] = Access.Secret,
        ["GET /v1/predict/{cartId}"] = Access.Secret,
        ["POST /v1/features/compute"] = Access.Secret,
        ["POST /v1/features/batch"] = Access.Secret,
        ["GET /v2"] = Access.Open,
        ["GET /v2/health/live"] = Access.Open,
        ["GET /v2/health/ready"] = Access.Open,
        ["GET /v2/models/{name}"] = Access.Secret,
        ["GET /v2/models/{name}/ready"] = Access.Secret,
        ["POST /v2/models/{name}/infer"] = Access.Secret,
        ["GET /v2/models/{name}/versions/{version}"] = Access.Secret,
        ["GET /v2/models/{name}/versions/{version}/ready"] = Access.Secret,
        ["POST /v2/models/{name}/versions/{version}/infer"] = Access.Secret,
        ["GET /v1/models/{id}/status"] = Access.Secret,
        ["POST /v1/models/{id}/load"] = Access.User,
        ["POST /v1/models/{id}/unload"] = Access.User,
        ["GET /v1/models"] = Access.Secret,
        ["GET /v1/models/{id}"] = Access.Secret,
        ["GET /v1/models/{id}/diff"] = Access.Secret,
        ["GET /v1/models/status"] = Access.Secret,
        ["GET /v1/models/{name}/canary"] = Access.Secret,
        ["GET /v1/models/{name}/shadows"] = Access.Secret,
        ["PUT /v1/models/{name}/canary"] = Access.User,
        ["DELETE /v1/models/{name}/canary"] = Access.User,
        ["POST /v1/models/{name}/canary/promote"] = Access.User,
        ["PUT /v1/models/{name}/shadows/{alias}"] = Access.User,
        ["DELETE /v1/models/{name}/shadows/{alias}"] = Access.User,
        ["GET /v1/models/{name}/aliases"] = Access.Secret,
        ["GET /v1/models/{name}/history"] = Access.Secret,
        ["POST /v1/models"] = Access.User,
        ["POST /v1/models/deploy"] = Access.User,
        ["PUT /v1/models/{name}/aliases/{alias}"] = Access.User,
        ["DELETE /v1/models/{name}/aliases/{alias}"] = Access.User,
        ["POST /v1/models/{name}/rollback"] = Access.User,
        ["DELETE /v1/models/{id}"] = Access.User,
        ["GET /v1/jobs"] = Access.User,
        ["GET /v1/jobs/{name}"] = Access.User,
        ["PATCH /v1/jobs/{name}"] = Access.User,
        ["POST /v1/jobs/{name}/run"] = Access.User,
        ["POST /v1/jobs/{name}/pause"] = Access.User,
        ["POST /v1/jobs/{name}/resume"] = Access.User,
        ["POST /v1/jobs/{name}/cancel"] = Access.User,
        ["GET /v1/jobs/{name}/runs"] = Access.User,
        ["GET /v1/jobs/{name}/runs/{id:long}"] = Access.User,
        ["GET /v1/audit"] = Access.User,
        ["POST /api/v1/monitoring/alerts/rules/backtest"] = Access.User,
        ["GET /v1/anomalies"] = Access.User,
        ["POST /v1/anomalies/report"] = Access.User,
        ["GET /v1/anomalies/{id}"] = Access.User,
        ["PUT /v1/anomalies/{id}"] = Access.User,
        ["GET /v1/security/threats"] = Access.User,
        ["GET /v1/security/access"] = Access.User,
        ["POST /v1/security/incident"] = Access.User,
        ["GET /api/v1/monitoring/incidents"] = Access.User,
        ["GET /api/v1/monitoring/incidents/figures"] = Access.User,
        ["GET /api/v1/monitoring/incidents/{id:long}"] = Access.User,
        ["GET /api/v1/monitoring/dashboard/incidents"] = Access.User,
        ["POST /api/v1/monitoring/incidents"] = Access.User,
        ["PATCH /api/v1/monitoring/incidents/{id:long}"] = Access.User,
        ["POST /api/v1/monitoring/incidents/{id:long}/entries"] = Access.User,
        ["DELETE /api/v1/monitoring/incidents/{id:long}/entries/{number:long}"] = Access.User,
        ["GET /api/v1/monitoring/alerts"] = Access.User,
        ["GET /api/v1/monitoring/alerts/history"] = Access.User,
        ["GET /api/v1/monitoring/alerts/{id}"] = Access.User,
        ["GET /api/v1/monitoring/alerts/rules"] = Access.User,
        ["GET /api/v1/monitoring/alerts/rules/{id}"] = Access.User,
        ["GET /v1/alerts"] = Access.User,
        ["GET /api/v1/rules"] = Access.User,
        ["GET /api/v1/alerts"] = Access.User,
        ["GET /api/v2/status"] = Access.User,
        ["GET /api/v2/receivers"] = Access.User,
        ["GET /api/v2/alerts"] = Access.User,
        ["GET /api/v2/alerts/groups"] = Access.User,
        ["GET /api/v2/silences"] = Access.User,
        ["GET /api/v2/silence/{id}"] = Access.User,
        ["POST /api/v1/monitoring/alerts/{id}/acknowledge"] = Access.User,
        ["POST /api/v1/monitoring/alerts/{id}/resolve"] = Access.User,
        ["POST /api/v1/monitoring/alerts/rules"] = Access.User,
        ["POST /api/v1/monitoring/alerts/rules/test"] = Access.User,
        ["PUT /api/v1/monitoring/alerts/rules/{id}"] = Access.User,
        ["DELETE /api/v1/monitoring/alerts/rules/{id}"] = Access.User,
        ["POST /api/v1/monitoring/alerts/rules/{id}/enable"] = Access.User,
        ["POST /api/v1/monitoring/alerts/rules/{id}/disable"] = Access.User,
        ["POST /api/v2/alerts"] = Access.User,
        ["POST /api/v2/silences"] = Access.User,
        ["POST /api/v2/silences/preview"] = Access.User,
        ["DELETE /api/v2/silence/{id}"] = Access.User,
        ["GET /api/v1/query"] = Access.User,
        ["GET /api/v1/query_range"] = Access.User,
        ["GET /api/v1/series"] = Access.User,
        ["GET /api/v1/labels"] = Access.User,
        ["GET /api/v1/label/{name}/values"] = Access.User,
        ["GET /api/v1/metadata"] = Access.User,
        ["GET /api/v1/status/buildinfo"] = Access.User,
        ["POST /api/v1/query"] = Access.User,
        ["POST /api/v1/query_range"] = Access.User,
        ["POST /api/v1/series"] = Access.User,
        ["POST /api/v1/labels"] = Access.User,
        ["GET /api/v1/monitoring/grafana"] = Access.User,
        ["POST /api/v1/monitoring/grafana/search"] = Access.User,
        ["POST /api/v1/monitoring/grafana/metrics"] = Access.User,
        ["POST /api/v1/monitoring/grafana/metric-payload-options"] = Access.User,
        ["POST /api/v1/monitoring/grafana/query"] = Access.User,
        ["POST /api/v1/monitoring/grafana/annotations"] = Access.User,
        ["POST /api/v1/monitoring/grafana/tag-keys"] = Access.User,
        ["POST /api/v1/monitoring/grafana/tag-values"] = Access.User,
        ["GET /api/v1/monitoring/metrics"] = Access.User,
        ["GET /api/v1/monitoring/metrics/latest"] = Access.User,
        ["GET /api/v1/monitoring/metrics/service/{service}"] = Access.User,
        ["GET /api/v1/monitoring/metrics/export"] = Access.User,
        ["POST /api/v1/monitoring/metrics"] = Access.User,
        ["POST /api/v1/write"] = Access.User,
        ["POST /api/v1/otlp/v1/metrics"] = Access.User,
        ["GET /v1/logs"] = Access.User,
        ["POST /v1/gdpr/forget/{userId}"] = Access.Secret,
        ["DELETE /v1/gdpr/forget/{userId}"] = Access.Secret,
        ["GET /v1/gdpr/status/{requestId}"] = Access.Secret,
        ["GET /v1/gdpr/requests"] = Access.Secret,
        ["GET /v1/gdpr/retention"] = Access.Secret,
        ["GET /v1/gdpr/consents/{userId}"] = Access.Secret,
        ["GET /v1/gdpr/export/{userId}"] = Access.Secret,
        ["GET /sdk.js"] = Access.Open,
        ["GET /sdk.mjs"] = Access.Open,
        ["GET /sdk.debug.mjs"] = Access.Open,
        ["GET /sdk.d.ts"] = Access.Open,
        ["GET /health"] = Access.Open,
        ["GET /v1/pipeline/status"] = Access.User,
        ["GET /api/v1/monitoring/cache/stats"] = Access.User,
        ["DELETE /api/v1/monitoring/cache/flush"] = Access.User,
        ["GET /health/detailed"] = Access.User,
        ["GET /v1/status"] = Access.User,
        ["GET /health/services/all"] = Access.User,
        ["GET /v1/services/status"] = Access.User,
        ["GET /health/dependencies"] = Access.User,
        ["GET /health/{service}"] = Access.User,
        ["GET /api/v1/monitoring/dashboard/overview"] = Access.User,
        ["GET /api/v1/monitoring/dashboard/performance"] = Access.User,
        ["GET /api/v1/monitoring/dashboard/business"] = Access.User,
        ["GET /api/v1/monitoring/dashboard/sla"] = Access.User,
        ["GET /status"] = Access.Open,
        ["GET /live"] = Access.Open,
        ["GET /ready"] = Access.Open,
        ["GET /metrics"] = Access.Operator,
        ["GET /openapi/v1.json"] = Access.Open,
        ["GET /docs/{documentName?}"] = Access.Open,
        ["GET /docs/scalar.js"] = Access.Open,
        ["GET /docs/favicon.svg"] = Access.Open,
        ["GET /docs/scalar.aspnetcore.js"] = Access.Open,
    };

    InProcessEngine _engine = null!;
    string _cart = null!, _intervention = null!;
    long _letter;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores[0].Keys.Add(InProcessEngine.Key(ShopPublishable, KeyKind.Publishable, Page));
            config.Stores[0].Keys.Add(InProcessEngine.Key(ShopSecret, KeyKind.Secret));
            config.Stores.Add(new StoreConfig
            {
                Id = "other",
                Keys = [InProcessEngine.Key(OtherPublishable, KeyKind.Publishable, Page), InProcessEngine.Key(OtherSecret, KeyKind.Secret)],
            });
            var campaign = InProcessEngine.Answering("begin_checkout", $"{Mark} {{{{cart_id}}}}");
            campaign.Name = $"{Mark}-campaign";
            campaign.Stores = [config.Stores[0].Id];
            config.Decisions.Campaigns.Add(campaign);
            var shared = InProcessEngine.Answering("coupon_denied");
            shared.Name = "shared-campaign";
            config.Decisions.Campaigns.Add(shared);
        });
        _cart = $"{Mark}-{EventJson.NewCart()}";
        await _engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(_cart, "add_to_cart", $",\"productId\":\"{Mark}-p\",\"price\":5,\"userId\":\"{Mark}-u\""),
            EventJson.Of(_cart, "begin_checkout"), $"{{\"id\":\"{Mark}\"}}"), ShopSecret);
        await _engine.PostAsync("/v1/suppressions", $$"""{"channel":"email","address":"{{Mark}}@shop.example"}""", ShopSecret);
        await _engine.PostAsync("/v1/templates", $$"""{"name":"{{Mark}}","message":"{{Mark}}"}""", ShopSecret);
        await _engine.PostAsync("/v1/segments", $$"""{"key":"{{Mark}}","conditions":[{"feature":"adds","above":1}]}""", ShopSecret);
        await _engine.PostAsync("/v1/feature-flags", $$"""{"key":"{{Mark}}","type":"string","variants":{"a":"{{Mark}}"},"defaultVariant":"a","visibleToClients":true}""", ShopSecret);
        await Eventually.Is(() => _engine.Host.DeadLetters.Count(DeadLetterState.Waiting) > 0, "a letter is kept");
        _letter = (await _engine.GetAsync("/v1/deadletters", ShopSecret)).Json.GetProperty("items")[0].GetProperty("id").GetInt64();
        _intervention = (await _engine.GetAsync("/v1/interventions", ShopSecret)).Json.GetProperty("items")[0].GetProperty("id").GetString()!;
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public void The_table_names_every_route() => Assert.That(Routes(_engine), Is.EquivalentTo(s_table.Keys));

    [Test]
    public async Task Each_route_admits_exactly_the_keys_of_the_table()
    {
        foreach (var (route, access) in s_table)
        {
            var userOnly = access == Access.User ? "403 user_required" : null;
            var isKeyless = access is Access.Open or Access.Operator;
            (string? Key, string? Origin, string? Refusal)[] cases =
            [
                (null, null, "401 missing_key"),
                (Unknown, null, "401 unknown_key"),
                (ShopSecret.ToUpperInvariant(), null, "401 unknown_key"),
                (ShopPublishable, null, access == Access.Secret ? "403 secret_key_required" : userOnly),
                (ShopPublishable, Page, access == Access.Secret ? "403 secret_key_required" : userOnly),
                (ShopPublishable, Elsewhere, "403 forbidden_origin"),
                (ShopPublishable, "", "403 forbidden_origin"),
                (ShopPublishable, "null", "403 forbidden_origin"),
                (OtherPublishable, null, access == Access.Secret ? "403 secret_key_required" : userOnly),
                (OtherPublishable, Elsewhere, "403 forbidden_origin"),
                (ShopSecret, null, userOnly),
                (OtherSecret, null, userOnly),
                (ShopSecret, Page, "403 secret_key_in_browser"),
                (ShopSecret, Elsewhere, "403 secret_key_in_browser"),
                (OtherSecret, "null", "403 secret_key_in_browser"),
                (InProcessEngine.Secret, null, userOnly),
                (InProcessEngine.Secret, "http://localhost:8080", "403 secret_key_in_browser"),
            ];
            using (Assert.EnterMultipleScope())
            {
                foreach (var (key, origin, refusal) in cases)
                {
                    Assert.That(RefusalOf(await AskAsync(route, key, origin, ids: "7", foreign: false)),
                        Is.EqualTo(isKeyless ? route == "POST /v1/auth/refresh" ? "401 invalid_refresh_token" : null : refusal),
                        $"{route}: key {key ?? "none"}, origin {origin ?? "none"}");
                }
            }
        }
    }

    [Test]
    public async Task No_route_shows_or_changes_what_another_store_has()
    {
        foreach (var route in s_table.Keys.Where(route => s_table[route] is Access.Secret))
        {
            var own = await AskAsync(route, OtherSecret, origin: null, ids: null, foreign: true);
            Assert.That(own.Body, Does.Not.Contain(Mark), route);
        }

        foreach (var query in new[]
        {
            $"/v1/interventions?cartId={_cart}", $"/v1/interventions?userId={Mark}-u", $"/v1/interventions?campaign={Mark}-campaign", "/v1/interventions?format=csv&from=0",
            "/v1/deadletters?state=all", "/v1/deadletters?code=missing_field",
            "/v1/analytics/performance?from=0&format=csv", "/v1/analytics/reasons?from=0&format=csv", "/v1/conversions?from=0&format=csv",
            $"/v1/carts?campaign={Mark}-campaign", $"/v1/carts?userId={Mark}-u", $"/v1/customers/{Mark}-u/timeline?kind=triggered", $"/v1/products?q={Mark}",
            "/v1/suppressions?channel=email", "/v1/campaigns?state=active",
        })
        {
            var found = await _engine.GetAsync(query, OtherSecret);
            Assert.That((found.Status, found.Body.Contains(Mark, StringComparison.Ordinal)), Is.EqualTo((HttpStatusCode.OK, false)), query);
        }

        foreach (var theirs in new[] { OtherSecret, OtherPublishable })
        {
            Assert.That((await _engine.PostAsync($"/ofrep/v1/evaluate/flags/{Mark}", "{}", theirs)).Status, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That((await _engine.PostAsync("/ofrep/v1/evaluate/flags", "{}", theirs)).Body, Is.EqualTo("""{"flags":[]}"""));
        }

        Assert.That((await _engine.PostAsync($"/ofrep/v1/evaluate/flags/{Mark}", "{}", ShopPublishable)).Json.GetProperty("value").GetString(), Is.EqualTo(Mark), "its own has it still");
        Assert.That((await _engine.GetAsync($"/v1/interventions?userId={Mark}-u", ShopSecret)).Body, Does.Contain(Mark), "its own store finds it");
        var letter = await _engine.GetAsync($"/v1/deadletters/{_letter}", ShopSecret);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Json.GetProperty("state").GetString(), Is.EqualTo("waiting"), "neither replayed nor dropped");
            Assert.That((await _engine.AskAsync(HttpMethod.Delete, "/v1/suppressions", Json($$"""{"channel":"email","address":"{{Mark}}@shop.example"}"""), ShopSecret)).Body,
                Does.Contain("\"released\":1"), "not released by the other store");
        }
    }

    [TestCase("/v1/carts")]
    [TestCase("/v1/customers")]
    [TestCase("/v1/customers/zebra-u/timeline")]
    [TestCase("/v1/interventions")]
    [TestCase("/v1/products")]
    [TestCase("/v1/suppressions")]
    [TestCase("/v1/deadletters")]
    [TestCase("/v1/campaigns")]
    [TestCase("/v1/feature-flags")]
    [TestCase("/v1/segments")]
    [TestCase("/v1/templates")]
    public async Task A_lists_cursor_is_of_no_use_to_another_store_or_list(string list)
    {
        await SecondOfEverythingAsync();
        var first = await _engine.GetAsync($"{list}?limit=1", ShopSecret);
        var next = first.Json.GetProperty("next").GetString()!;
        Assert.That(next, Is.Not.Null, $"{list} has two items");
        var other = list == "/v1/carts" ? "/v1/customers" : "/v1/carts";

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await _engine.GetAsync($"{list}?limit=1&cursor={next}", ShopSecret)).Json.GetProperty("items").GetArrayLength(), Is.EqualTo(1));
            Assert.That((await _engine.GetAsync($"{list}?limit=1&cursor={next}", OtherSecret)).Problem, Is.EqualTo((400, "out_of_range")));
            Assert.That((await _engine.GetAsync($"{other}?cursor={next}", ShopSecret)).Problem, Is.EqualTo((400, "out_of_range")));
            Assert.That((await _engine.GetAsync($"{list}?cursor={next[1..]}", ShopSecret)).Problem, Is.EqualTo((400, "out_of_range")));
            Assert.That((await _engine.GetAsync($"{list}?cursor=0", ShopSecret)).Problem, Is.EqualTo((400, "out_of_range")));
        }
    }

    [Test]
    public async Task Another_stores_campaign_cannot_be_paused()
    {
        await _engine.PostAsync($"/v1/campaigns/{Mark}-campaign/pause", "", OtherSecret);
        await _engine.PostAsync("/v1/campaigns/shared-campaign/pause", "", OtherSecret);

        var own = (await _engine.GetAsync("/v1/campaigns", ShopSecret)).Json.GetProperty("items").EnumerateArray().ToArray();
        var theirs = (await _engine.GetAsync("/v1/campaigns", OtherSecret)).Json.GetProperty("items").EnumerateArray().ToArray();
        await _engine.PostAsync("/v1/campaigns/shared-campaign/resume", "", OtherSecret);

        Assert.That(own.Select(campaign => campaign.GetProperty("state").GetString()), Is.EqualTo(new[] { "active", "active" }));
        Assert.That(theirs.Select(campaign => (campaign.GetProperty("name").GetString(), campaign.GetProperty("state").GetString())),
            Is.EqualTo(new[] { ("shared-campaign", "paused") }));
    }

    [Test]
    public async Task Another_stores_campaign_cannot_be_previewed()
    {
        var path = $"/v1/campaigns/{Mark}-campaign/preview";

        using var own = new HttpRequestMessage(HttpMethod.Post, $"{path}?key={ShopSecret}") { Content = Json("{}") };
        using var answer = await _engine.Http.SendAsync(own);
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain($"\"{Mark} "));
        Assert.That((await _engine.PostAsync(path, "{}", OtherSecret)).Problem, Is.EqualTo((404, "campaign_unknown")));
    }

    [Test]
    public async Task A_stores_counts_are_its_own()
    {
        var theirs = await _engine.GetAsync("/v1/events/stats", OtherSecret);
        await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Many(EventJson.NewCart(), 3)), ShopSecret);
        await _engine.PostAsync("/v1/events", "{}", ShopSecret);
        var after = await _engine.GetAsync("/v1/events/stats", OtherSecret);
        var own = await _engine.GetAsync("/v1/events/stats", ShopSecret);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(after.Body, Is.EqualTo(theirs.Body));
            Assert.That(own.Json.GetProperty("received").GetProperty("http").GetInt64(), Is.GreaterThanOrEqualTo(7));
            Assert.That(own.Json.GetProperty("rejected").GetProperty("missing_field").GetInt64(), Is.GreaterThanOrEqualTo(2));
            Assert.That(own.Json.TryGetProperty("processed", out _), Is.False);
        }
    }

    /// <summary>The routes that a secret key opens.</summary>
    internal static IEnumerable<string> RoutesOfSecretKeys => s_table.Where(entry => entry.Value == Access.Secret).Select(entry => entry.Key);

    /// <summary>The application's routes as <c>METHOD pattern</c>; HEAD goes with GET.</summary>
    internal static IEnumerable<string> Routes(InProcessEngine engine) => engine.Host.Routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .SelectMany(route => (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Where(method => method != "HEAD")
            .Select(method => $"{method} /{route.RoutePattern.RawText!.Trim('/')}")).Distinct();

    // Lists of one item have no next page.
    async Task SecondOfEverythingAsync()
    {
        var cart = EventJson.NewCart();
        await _engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(cart, "add_to_cart", ",\"productId\":\"second\",\"price\":5,\"userId\":\"second-u\""), EventJson.Of(cart, "begin_checkout"),
            EventJson.Of(cart, "add_to_cart", $",\"productId\":\"second\",\"price\":5,\"userId\":\"{Mark}-u\""), "{\"id\":\"second\"}"), ShopSecret);
        await _engine.PostAsync("/v1/products", """[{"id":"p1"},{"id":"p2"}]""", ShopSecret);
        await _engine.AskAsync(HttpMethod.Put, "/v1/templates/second", Json("""{"message":"second"}"""), ShopSecret);
        await _engine.AskAsync(HttpMethod.Put, "/v1/segments/second", Json("""{"conditions":[{"feature":"adds","above":1}]}"""), ShopSecret);
        await _engine.AskAsync(HttpMethod.Put, "/v1/feature-flags/second", Json("""{"type":"boolean","variants":{"on":true},"defaultVariant":"on"}"""), ShopSecret);
        await _engine.PostAsync("/v1/suppressions", """{"channel":"email","address":"second@shop.example"}""", ShopSecret);
        await Eventually.Is(() => _engine.Host.DeadLetters.Count(DeadLetterState.Waiting) > 1, "a letter is kept");
    }

    static string? RefusalOf(ApiAnswer answer) =>
        answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? $"{answer.Problem.Status} {answer.Problem.Code}" : null;

    static ByteArrayContent Json(string text)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    Task<ApiAnswer> AskAsync(string route, string? key, string? origin, string? ids, bool foreign)
    {
        var (method, pattern) = (route.Split(' ')[0], route.Split(' ')[1]);
        var path = string.Join('/', pattern.Split('/').Select(part => !part.StartsWith('{') ? part : part == "{id:long}" && pattern.Contains("backtests", StringComparison.Ordinal) ? "1" : ids ?? IdFor(pattern)));
        var isBodyless = method == "GET" || path.StartsWith("/v1/track/", StringComparison.Ordinal);
        return _engine.AskAsync(new HttpMethod(method), path, isBodyless ? null : Json(foreign ? BodyFor(pattern) : "{}"), key,
            origin is null ? [] : [("Origin", origin)]);
    }

    string IdFor(string pattern) => pattern.Contains("carts", StringComparison.Ordinal) || pattern.Contains("predict", StringComparison.Ordinal) || pattern.Contains("features", StringComparison.Ordinal) ? _cart
        : pattern.Contains("interventions", StringComparison.Ordinal) ? _intervention
        : pattern.Contains("flags", StringComparison.Ordinal) || pattern.Contains("templates", StringComparison.Ordinal) ? Mark
        : pattern.Contains("customers", StringComparison.Ordinal) ? $"{Mark}-u"
        : pattern.Contains("campaigns", StringComparison.Ordinal) ? $"{Mark}-campaign" : $"{_letter}";

    string BodyFor(string pattern) => pattern switch
    {
        "/v1/predict" or "/v1/features/compute" or "/v1/campaigns/{name}/preview" or "/v1/templates/{name}/preview" => $$"""{"cartId":"{{_cart}}"}""",
        "/v1/templates/preview" => $$$"""{"message":"{{ cart.id }}","cartId":"{{{_cart}}}"}""",
        "/v1/suppressions" => $$"""{"channel":"email","address":"{{Mark}}@shop.example"}""",
        "/v1/deadletters/replay" or "/v1/deadletters/drop" => $$"""{"ids":[{{_letter}}]}""",
        "/v1/products" => "[]",
        _ => "{}",
    };
}
