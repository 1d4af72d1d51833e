using System.Net;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>Calls every route that takes a secret key or a user with a user of every role.</summary>
[TestFixture]
sealed class RoleMatrixTests
{
    const string Password = "correct horse battery";

    static readonly string[] s_roles = ["admin", "operator", "marketer", "analyst", "viewer", "hr"];

    /// <summary>Which roles may call what, by their first letters; n is the analyst, h a role of one's own.</summary>
    static readonly Dictionary<string, string> s_table = new(StringComparer.Ordinal)
    {
        ["GET /v1/events/stats"] = "aomn",
        ["GET /v1/features/{cartId}"] = "aomn",
        ["POST /v1/predict"] = "aomn",
        ["GET /v1/carts"] = "aomn",
        ["GET /v1/carts/{cartId}"] = "aomn",
        ["GET /v1/customers"] = "aomn",
        ["GET /v1/customers/{userId}"] = "aomn",
        ["GET /v1/customers/{userId}/timeline"] = "aomn",
        ["GET /v1/users"] = "aomn",
        ["POST /v1/users"] = "a",
        ["GET /v1/users/{userId}"] = "aomn",
        ["PATCH /v1/users/{userId}"] = "a",
        ["GET /v1/interventions"] = "aomnv",
        ["GET /v1/interventions/{id}"] = "aomnv",
        ["POST /v1/interventions/{id}/retry"] = "aom",
        ["POST /v1/interventions"] = "aom",
        ["GET /v1/track/{id}"] = "aomnv",
        ["POST /v1/track/{id}"] = "a",
        ["POST /v1/conversions"] = "a",
        ["POST /v1/cart"] = "a",
        ["DELETE /v1/cart/{itemId}"] = "a",
        ["POST /v1/checkout"] = "a",
        ["GET /v1/orders"] = "aomnv",
        ["GET /v1/export/events"] = "aon",
        ["GET /v1/tap/events"] = "aon",
        ["GET /v1/export/features"] = "aon",
        ["POST /v1/reconciliation"] = "ao",
        ["GET /v1/reconciliation"] = "aon",
        ["GET /v1/reconciliation/{id}"] = "aon",
        ["GET /v1/export/interventions"] = "aon",
        ["GET /v1/export/conversions"] = "aon",
        ["POST /v1/interventions/batch"] = "aom",
        ["POST /v1/interventions/schedule"] = "aom",
        ["PUT /v1/interventions/{id}"] = "aom",
        ["DELETE /v1/interventions/{id}"] = "aom",
        ["GET /v1/data-quality"] = "aomnv",
        ["GET /v1/drift"] = "aomn",
        ["GET /v1/learning/trainings"] = "aomn",
        ["GET /v1/learning/evaluations"] = "aomn",
        ["GET /v1/features/stats"] = "aomn",
        ["GET /v1/campaigns"] = "aomnv",
        ["POST /v1/campaigns"] = "aom",
        ["GET /v1/campaigns/{name}"] = "aomnv",
        ["GET /v1/campaigns/{name}/versions"] = "aomnv",
        ["PUT /v1/campaigns/{name}"] = "aom",
        ["DELETE /v1/campaigns/{name}"] = "aom",
        ["POST /v1/campaigns/{name}/check"] = "aom",
        ["POST /v1/campaigns/{name}/activate"] = "aom",
        ["POST /v1/campaigns/{name}/archive"] = "aom",
        ["POST /v1/campaigns/{name}/approve"] = "ao",
        ["POST /v1/campaigns/{name}/backtest"] = "aom",
        ["GET /v1/campaigns/{name}/backtests"] = "aomnv",
        ["GET /v1/campaigns/{name}/backtests/{id:long}"] = "aomnv",
        ["POST /v1/campaigns/{name}/backtests/{id:long}/cancel"] = "aom",
        ["POST /v1/campaigns/{name}/pause"] = "aom",
        ["POST /v1/campaigns/{name}/resume"] = "aom",
        ["GET /v1/campaigns/{name}/preview"] = "aomnv",
        ["POST /v1/campaigns/{name}/preview"] = "aomnv",
        ["POST /v1/campaigns/{name}/test"] = "aom",
        ["GET /v1/analytics/performance"] = "aomnv",
        ["GET /v1/analytics/channels"] = "aomnv",
        ["GET /v1/analytics/conversion"] = "aomnv",
        ["GET /v1/analytics/reasons"] = "aomnv",
        ["GET /v1/analytics/revenue"] = "aomnv",
        ["GET /v1/conversions"] = "aomnv",
        ["GET /v1/products"] = "aomnv",
        ["POST /v1/products"] = "aom",
        ["GET /v1/suppressions"] = "aomn",
        ["POST /v1/suppressions"] = "aom",
        ["DELETE /v1/suppressions"] = "aom",
        ["GET /v1/codes/{code}"] = "aomn",
        ["POST /v1/codes/{code}/redeem"] = "aom",
        ["GET /v1/feature-flags"] = "aomnv",
        ["POST /v1/feature-flags"] = "aom",
        ["GET /v1/feature-flags/{key}"] = "aomnv",
        ["PUT /v1/feature-flags/{key}"] = "aom",
        ["DELETE /v1/feature-flags/{key}"] = "aom",
        ["GET /v1/templates"] = "aomnv",
        ["POST /v1/templates"] = "aom",
        ["POST /v1/templates/check"] = "aomnv",
        ["POST /v1/templates/preview"] = "aomnv",
        ["POST /v1/templates/{name}/preview"] = "aomnv",
        ["GET /v1/templates/{name}"] = "aomnv",
        ["PUT /v1/templates/{name}"] = "aom",
        ["DELETE /v1/templates/{name}"] = "aom",
        ["GET /v1/templates/{name}/versions"] = "aomnv",
        ["GET /v1/segments"] = "aomnv",
        ["POST /v1/segments"] = "aom",
        ["GET /v1/segments/{key}"] = "aomnv",
        ["PUT /v1/segments/{key}"] = "aom",
        ["DELETE /v1/segments/{key}"] = "aom",
        ["GET /v1/segments/{key}/versions"] = "aomnv",
        ["GET /v1/segments/{key}/size"] = "aomnv",
        ["GET /v1/usage"] = "aomn",
        ["GET /v1/experiments"] = "aomnv",
        ["POST /v1/experiments"] = "aom",
        ["GET /v1/experiments/{key}"] = "aomnv",
        ["PATCH /v1/experiments/{key}"] = "aom",
        ["POST /v1/experiments/{key}/end"] = "aom",
        ["DELETE /v1/experiments/{key}"] = "aom",
        ["GET /v1/deadletters"] = "ao",
        ["GET /v1/deadletters/{id:long}"] = "ao",
        ["GET /v1/deadletters/{id:long}/repair"] = "ao",
        ["POST /v1/deadletters/replay"] = "ao",
        ["POST /v1/deadletters/drop"] = "ao",
        ["DELETE /v1/deadletters/{id:long}"] = "ao",
        ["GET /v1/auth/me"] = "aomnvh",
        ["POST /v1/auth/totp"] = "aomnvh",
        ["POST /v1/auth/totp/confirm"] = "aomnvh",
        ["GET /v1/api-keys"] = "a",
        ["POST /v1/api-keys"] = "a",
        ["POST /v1/api-keys/{id}/rotate"] = "a",
        ["DELETE /v1/api-keys/{id}"] = "a",
        ["GET /v1/members"] = "ah",
        ["POST /v1/members"] = "a",
        ["GET /v1/members/{id}"] = "ah",
        ["PATCH /v1/members/{id}"] = "a",
        ["POST /v1/members/{id}/link"] = "a",
        ["DELETE /v1/members/{id}"] = "a",
        ["GET /v1/roles"] = "ah",
        ["POST /v1/roles"] = "a",
        ["PUT /v1/roles/{name}"] = "a",
        ["DELETE /v1/roles/{name}"] = "a",
        ["POST /v1/auth/oidc/logout"] = "aomnvh",
        ["GET /v1/config"] = "ao",
        ["PUT /v1/config"] = "a",
        ["PATCH /v1/config"] = "a",
        ["DELETE /v1/config"] = "a",
        ["GET /v1/config/{path}"] = "ao",
        ["PUT /v1/config/{path}"] = "a",
        ["PATCH /v1/config/{path}"] = "a",
        ["DELETE /v1/config/{path}"] = "a",
        ["GET /v1/config/versions"] = "ao",
        ["GET /v1/config/versions/{number:long}"] = "ao",
        ["GET /v1/config/diff"] = "ao",
        ["GET /v1/config/export"] = "ao",
        ["POST /v1/config/rollback"] = "a",
        ["GET /v1/config/schedule"] = "ao",
        ["DELETE /v1/config/schedule/{id}"] = "a",
        ["POST /v1/predict/batch"] = "aomn",
        ["GET /v1/predict/{cartId}"] = "aomn",
        ["POST /v1/features/compute"] = "aomn",
        ["POST /v1/features/batch"] = "aomn",
        ["GET /v2/models/{name}"] = "aomn",
        ["GET /v2/models/{name}/ready"] = "aomn",
        ["POST /v2/models/{name}/infer"] = "aomn",
        ["GET /v2/models/{name}/versions/{version}"] = "aomn",
        ["GET /v2/models/{name}/versions/{version}/ready"] = "aomn",
        ["POST /v2/models/{name}/versions/{version}/infer"] = "aomn",
        ["GET /v1/models/{id}/status"] = "aomn",
        ["POST /v1/models/{id}/load"] = "ao",
        ["POST /v1/models/{id}/unload"] = "ao",
        ["GET /v1/models"] = "aomn",
        ["GET /v1/models/{id}"] = "aomn",
        ["GET /v1/models/{id}/diff"] = "aomn",
        ["GET /v1/models/status"] = "aomn",
        ["GET /v1/models/{name}/canary"] = "aomn",
        ["GET /v1/models/{name}/shadows"] = "aomn",
        ["PUT /v1/models/{name}/canary"] = "ao",
        ["DELETE /v1/models/{name}/canary"] = "ao",
        ["POST /v1/models/{name}/canary/promote"] = "ao",
        ["PUT /v1/models/{name}/shadows/{alias}"] = "ao",
        ["DELETE /v1/models/{name}/shadows/{alias}"] = "ao",
        ["GET /v1/models/{name}/aliases"] = "aomn",
        ["GET /v1/models/{name}/history"] = "aomn",
        ["POST /v1/models"] = "ao",
        ["POST /v1/models/deploy"] = "ao",
        ["PUT /v1/models/{name}/aliases/{alias}"] = "ao",
        ["DELETE /v1/models/{name}/aliases/{alias}"] = "ao",
        ["POST /v1/models/{name}/rollback"] = "ao",
        ["DELETE /v1/models/{id}"] = "ao",
        ["GET /api/v1/monitoring/alerts"] = "aon",
        ["GET /api/v1/monitoring/alerts/history"] = "aon",
        ["GET /api/v1/monitoring/alerts/{id}"] = "aon",
        ["GET /api/v1/monitoring/alerts/rules"] = "aon",
        ["GET /api/v1/monitoring/alerts/rules/{id}"] = "aon",
        ["GET /v1/alerts"] = "aon",
        ["GET /api/v1/rules"] = "aon",
        ["GET /api/v1/alerts"] = "aon",
        ["GET /api/v2/status"] = "aon",
        ["GET /api/v2/receivers"] = "aon",
        ["GET /api/v2/alerts"] = "aon",
        ["GET /api/v2/alerts/groups"] = "aon",
        ["GET /api/v2/silences"] = "aon",
        ["GET /api/v2/silence/{id}"] = "aon",
        ["POST /api/v1/monitoring/alerts/{id}/acknowledge"] = "ao",
        ["POST /api/v1/monitoring/alerts/{id}/resolve"] = "ao",
        ["POST /api/v1/monitoring/alerts/rules"] = "ao",
        ["POST /api/v1/monitoring/alerts/rules/test"] = "aon",
        ["PUT /api/v1/monitoring/alerts/rules/{id}"] = "ao",
        ["DELETE /api/v1/monitoring/alerts/rules/{id}"] = "ao",
        ["POST /api/v1/monitoring/alerts/rules/{id}/enable"] = "ao",
        ["POST /api/v1/monitoring/alerts/rules/{id}/disable"] = "ao",
        ["POST /api/v2/alerts"] = "ao",
        ["POST /api/v2/silences"] = "ao",
        ["POST /api/v2/silences/preview"] = "aon",
        ["DELETE /api/v2/silence/{id}"] = "ao",
        ["GET /v1/jobs"] = "aon",
        ["GET /v1/jobs/{name}"] = "aon",
        ["PATCH /v1/jobs/{name}"] = "ao",
        ["POST /v1/jobs/{name}/run"] = "ao",
        ["POST /v1/jobs/{name}/pause"] = "ao",
        ["POST /v1/jobs/{name}/resume"] = "ao",
        ["POST /v1/jobs/{name}/cancel"] = "ao",
        ["GET /v1/jobs/{name}/runs"] = "aon",
        ["GET /v1/jobs/{name}/runs/{id:long}"] = "aon",
        ["GET /v1/audit"] = "ao",
        ["POST /v1/gdpr/forget/{userId}"] = "ao",
        ["DELETE /v1/gdpr/forget/{userId}"] = "ao",
        ["GET /v1/gdpr/status/{requestId}"] = "ao",
        ["GET /v1/gdpr/requests"] = "ao",
        ["GET /v1/gdpr/retention"] = "ao",
        ["GET /v1/gdpr/consents/{userId}"] = "ao",
        ["GET /v1/gdpr/export/{userId}"] = "ao",
    };

    [Test]
    public async Task Each_route_admits_exactly_the_roles_of_the_table()
    {
        await using var engine = await InProcessEngine.StartAsync();
        Assert.That(s_table.Keys, Is.SubsetOf(AccessMatrixTests.Routes(engine)));
        using var passwords = new Passwords();
        var users = new UserStore(engine.Host.Control);
        await new RoleStore(engine.Host.Control).SetAsync(new Role("hr", new HashSet<string> { Permission.UsersRead, Permission.RolesRead }), isNew: true, "cli", address: null);
        foreach (var role in s_roles)
        {
            var (_, token) = await users.InviteAsync($"{role}@shop.example", [new Grant(role, null)], "cli");
            await users.AcceptAsync(token, await passwords.HashAsync(Password), address: null);
            var login = await engine.PostAsync("/v1/auth/login", $$"""{"email":"{{role}}@shop.example","password":"{{Password}}"}""", key: null);
            var access = ("Authorization", $"Bearer {login.Json.GetProperty("accessToken").GetString()}");
            using (Assert.EnterMultipleScope())
            {
                foreach (var (route, roles) in s_table)
                {
                    var (method, pattern) = (route.Split(' ')[0], route.Split(' ')[1]);
                    var path = string.Join('/', pattern.Split('/').Select(part => part.StartsWith('{') ? "7" : part));
                    using var content = method == "GET" ? null : new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
                    var answer = await engine.AskAsync(new HttpMethod(method), path, content, key: null, access);
                    var letter = role == "analyst" ? 'n' : role[0];
                    Assert.That(answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? answer.Problem.Code : null,
                        Is.EqualTo(roles.Contains(letter) ? null : "permission_denied"), $"{role}: {route}");
                }
            }
        }
    }

    [Test]
    public void Every_route_of_stores_is_in_the_table() =>
        Assert.That(AccessMatrixTests.RoutesOfSecretKeys, Is.SubsetOf(s_table.Keys));
}
