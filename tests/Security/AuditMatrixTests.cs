using System.Net;
using System.Text;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Tests.Security;

/// <summary>Calls every route that changes something, and looks for it in the audit log.</summary>
[TestFixture]
sealed class AuditMatrixTests
{
    const string Password = "correct horse battery";

    /// <summary>The routes with other methods than GET that <see cref="RequestAudit"/> does not record, and why. Keep it short.</summary>
    static readonly Dictionary<string, string> s_notRecorded = new(StringComparer.Ordinal)
    {
        ["POST /v1/events"] = "what shoppers do; the journal has it",
        ["POST /v1/events/batch"] = "what shoppers do; the journal has it",
        ["POST /v1/track/unsubscribe/{token}"] = "what shoppers do; the journal has it",
        ["POST /v1/track/confirm/{token}"] = "what shoppers do; the journal has it",
        ["POST /v1/track/{id}"] = "what became of a message; the journal has it",
        ["POST /v1/conversions"] = "what shoppers do; the journal has it",
        ["POST /v1/cart"] = "what shoppers do; the journal has it",
        ["DELETE /v1/cart/{itemId}"] = "what shoppers do; the journal has it",
        ["POST /v1/checkout"] = "what shoppers do; the journal has it",
        ["POST /v1/predict"] = "changes nothing",
        ["POST /v1/models"] = "model.add, with its version",
        ["POST /v1/models/deploy"] = "model.alias, with its version",
        ["PUT /v1/models/{name}/aliases/{alias}"] = "model.alias, with its version",
        ["DELETE /v1/models/{name}/aliases/{alias}"] = "model.alias",
        ["PUT /v1/models/{name}/canary"] = "model.canary, with its version and percentage",
        ["POST /v1/models/{name}/canary/promote"] = "model.canary",
        ["DELETE /v1/models/{name}/canary"] = "model.canary",
        ["PUT /v1/models/{name}/shadows/{alias}"] = "model.shadow, with its version",
        ["DELETE /v1/models/{name}/shadows/{alias}"] = "model.shadow",
        ["POST /v1/models/{name}/rollback"] = "model.alias, with its version",
        ["DELETE /v1/models/{id}"] = "model.delete",
        ["POST /v1/models/{id}/load"] = "model.load",
        ["POST /v1/models/{id}/unload"] = "model.unload",
        ["POST /v1/predict/batch"] = "changes nothing",
        ["POST /api/v1/query"] = "changes nothing",
        ["POST /api/v1/query_range"] = "changes nothing",
        ["POST /api/v1/series"] = "changes nothing",
        ["POST /api/v1/labels"] = "changes nothing",
        ["POST /api/v1/monitoring/grafana/search"] = "a query",
        ["POST /api/v1/monitoring/grafana/metrics"] = "a query",
        ["POST /api/v1/monitoring/grafana/metric-payload-options"] = "a query",
        ["POST /api/v1/monitoring/grafana/query"] = "a query",
        ["POST /api/v1/monitoring/grafana/annotations"] = "a query",
        ["POST /api/v1/monitoring/grafana/tag-keys"] = "a query",
        ["POST /api/v1/monitoring/grafana/tag-values"] = "a query",
        ["POST /api/v1/monitoring/metrics"] = "samples of metrics; the history has them",
        ["POST /api/v1/write"] = "samples of metrics; the history has them",
        ["POST /api/v1/otlp/v1/metrics"] = "samples of metrics; the history has them",
        ["POST /v1/features/compute"] = "changes nothing",
        ["POST /v1/features/batch"] = "changes nothing",
        ["POST /v2/models/{name}/infer"] = "changes nothing",
        ["POST /v2/models/{name}/versions/{version}/infer"] = "changes nothing",
        ["POST /v1/reconciliation"] = "reconciliation.repair before the first event, and reconciliation.add in the transaction of the report",
        ["POST /ofrep/v1/evaluate/flags"] = "changes nothing",
        ["POST /ofrep/v1/evaluate/flags/{key}"] = "changes nothing",
        ["POST /v1/experiments"] = "experiment.start, in the transaction of the change",
        ["PATCH /v1/experiments/{key}"] = "experiment.weights, in the transaction of the change",
        ["POST /v1/experiments/{key}/end"] = "experiment.end, in the transaction of the change",
        ["DELETE /v1/experiments/{key}"] = "experiment.delete, in the transaction of the change",
        ["POST /v1/templates"] = "template.add, in the transaction of the change",
        ["PUT /v1/templates/{name}"] = "template.add or template.change, in the transaction of the change",
        ["DELETE /v1/templates/{name}"] = "template.delete, in the transaction of the change",
        ["POST /v1/templates/check"] = "changes nothing",
        ["POST /v1/templates/preview"] = "changes nothing; personal_data.read",
        ["POST /v1/templates/{name}/preview"] = "changes nothing; personal_data.read",
        ["POST /v1/segments"] = "segment.add, in the transaction of the change",
        ["PUT /v1/segments/{key}"] = "segment.add or segment.change, in the transaction of the change",
        ["DELETE /v1/segments/{key}"] = "segment.delete, in the transaction of the change",
        ["POST /v1/feature-flags"] = "feature_flag.add, in the transaction of the change",
        ["PUT /v1/feature-flags/{key}"] = "feature_flag.add or feature_flag.change, in the transaction of the change",
        ["DELETE /v1/feature-flags/{key}"] = "feature_flag.delete, in the transaction of the change",
        ["POST /v1/campaigns/{name}/preview"] = "changes nothing; personal_data.read",
        ["POST /v1/auth/login"] = "user.login, in the transaction of the sign-in",
        ["POST /v1/auth/refresh"] = "four an hour for each session; a reuse is session.reuse",
        ["POST /v1/auth/password"] = "user.password, in the transaction of the change",
        ["POST /v1/auth/logout"] = "user.logout, in the transaction of the change",
        ["POST /v1/auth/reset"] = "user.reset_requested, in the transaction of the link",
        ["POST /v1/members"] = "user.add, in the transaction of the change",
        ["PATCH /v1/members/{id}"] = "user.roles, user.disable, user.enable and user.totp_removed, in the transaction of the change",
        ["POST /v1/members/{id}/link"] = "user.reset, in the transaction of the change",
        ["DELETE /v1/members/{id}"] = "user.delete, in the transaction of the change",
        ["POST /v1/roles"] = "role.add, in the transaction of the change",
        ["PUT /v1/roles/{name}"] = "role.change, in the transaction of the change",
        ["DELETE /v1/roles/{name}"] = "role.delete, in the transaction of the change",
        ["POST /v1/auth/oidc/logout"] = "user.logout, in the transaction of the change",
        ["POST /v1/auth/oidc/backchannel-logout"] = "user.logout for each session, in the transaction of the change",
        ["POST /v1/api-keys"] = "api_key.add, in the transaction of the change",
        ["POST /v1/api-keys/{id}/rotate"] = "api_key.rotate, in the transaction of the change",
        ["DELETE /v1/api-keys/{id}"] = "api_key.revoke, in the transaction of the change",
        ["POST /v1/gdpr/forget/{userId}"] = "privacy.forget, in the transaction of the request",
        ["DELETE /v1/gdpr/forget/{userId}"] = "privacy.lift, in the transaction of the change",
        ["PUT /v1/config"] = "config.change, in the transaction of the version",
        ["PATCH /v1/config"] = "config.change, in the transaction of the version",
        ["DELETE /v1/config"] = "config.change, in the transaction of the version",
        ["PUT /v1/config/{path}"] = "config.change, in the transaction of the version",
        ["PATCH /v1/config/{path}"] = "config.change, in the transaction of the version",
        ["DELETE /v1/config/{path}"] = "config.change, in the transaction of the version",
        ["POST /v1/config/rollback"] = "config.rollback, in the transaction of the version",
        ["DELETE /v1/config/schedule/{id}"] = "config.cancel, in the transaction of the version",
        ["POST /v1/campaigns"] = "campaign.*, in the transaction of the change",
        ["PUT /v1/campaigns/{name}"] = "campaign.*, in the transaction of the change",
        ["DELETE /v1/campaigns/{name}"] = "campaign.*, in the transaction of the change",
        ["POST /v1/campaigns/{name}/check"] = "campaign.*, in the transaction of the change",
        ["POST /v1/campaigns/{name}/activate"] = "campaign.*, in the transaction of the change",
        ["POST /v1/campaigns/{name}/archive"] = "campaign.*, in the transaction of the change",
        ["POST /v1/campaigns/{name}/approve"] = "campaign.*, in the transaction of the change",
        ["POST /v1/campaigns/{name}/backtest"] = "campaign.backtest, in the transaction of the change",
        ["POST /v1/campaigns/{name}/backtests/{id:long}/cancel"] = "campaign.backtest_cancel, in the transaction of the change",
        ["PATCH /v1/jobs/{name}"] = "job.change, in the transaction of the change",
        ["POST /v1/jobs/{name}/run"] = "job.run, in the transaction of the change",
        ["POST /v1/jobs/{name}/pause"] = "job.pause, in the transaction of the change",
        ["POST /v1/jobs/{name}/resume"] = "job.resume, in the transaction of the change",
        ["POST /v1/jobs/{name}/cancel"] = "job.cancel, in the transaction of the change",
        ["POST /api/v1/monitoring/alerts/rules/test"] = "changes nothing",
        ["POST /api/v1/monitoring/alerts/rules/backtest"] = "changes nothing",
        ["POST /api/v2/silences/preview"] = "changes nothing",
        ["POST /alerts/acknowledge/{token}"] = "by a signed link; the history of the alert has it",
        ["POST /api/v2/alerts"] = "what programs measure, many times a minute; the history of alerts has it",
        ["POST /v1/auth/totp"] = "changes nothing until it is confirmed",
        ["POST /v1/auth/totp/confirm"] = "user.totp, in the transaction of the change",
    };

    /// <summary>What each other route is called with, and its entry.</summary>
    static readonly Dictionary<string, (string Path, string Body, string Action, string Target)> s_recorded = new(StringComparer.Ordinal)
    {
        ["POST /v1/interventions/{id}/retry"] = ("/v1/interventions/iv_1/retry", "", "intervention.retry", "intervention:iv_1"),
        ["POST /v1/interventions"] = ("/v1/interventions", """{"cartId":"none","campaign":"none"}""", "intervention.start", ""),
        ["POST /v1/interventions/batch"] = ("/v1/interventions/batch", """{"items":[{"cartId":"none","campaign":"none"}]}""", "intervention.start", ""),
        ["POST /v1/interventions/schedule"] = ("/v1/interventions/schedule", """{"items":[{"cartId":"none","campaign":"none"}]}""", "intervention.start", ""),
        ["PUT /v1/interventions/{id}"] = ("/v1/interventions/iv_1", """{"offer":"none"}""", "intervention.change", "intervention:iv_1"),
        ["DELETE /v1/interventions/{id}"] = ("/v1/interventions/iv_1", "", "intervention.cancel", "intervention:iv_1"),
        ["POST /v1/campaigns/{name}/pause"] = ("/v1/campaigns/none/pause", "", "campaign.pause", "campaign:none"),
        ["POST /v1/campaigns/{name}/resume"] = ("/v1/campaigns/none/resume", "", "campaign.resume", "campaign:none"),
        ["POST /v1/campaigns/{name}/test"] = ("/v1/campaigns/none/test", """{"to":"a@b.example"}""", "campaign.test", "campaign:none"),
        ["POST /v1/users"] = ("/v1/users", """{"userId":"u1"}""", "customer.add", "customer:u1"),
        ["PATCH /v1/users/{userId}"] = ("/v1/users/u1", """{"attributes":{"plan":"a"}}""", "customer.change", "customer:u1"),
        ["POST /v1/products"] = ("/v1/products", """[{"id":"p1"},{"id":"p2"}]""", "product.put", ""),
        ["POST /v1/suppressions"] = ("/v1/suppressions", """{"channel":"email","address":"a@b.example"}""", "suppression.add", ""),
        ["DELETE /v1/suppressions"] = ("/v1/suppressions", """{"channel":"email","address":"a@b.example"}""", "suppression.remove", ""),
        ["POST /v1/codes/{code}/redeem"] = ("/v1/codes/SAVE/redeem", """{"cartId":"c1"}""", "code.redeem", "code:SAVE"),
        ["POST /v1/deadletters/replay"] = ("/v1/deadletters/replay", """{"ids":[7]}""", "dead_letter.replay", ""),
        ["POST /v1/deadletters/drop"] = ("/v1/deadletters/drop", """{"ids":[7]}""", "dead_letter.drop", ""),
        ["DELETE /v1/deadletters/{id:long}"] = ("/v1/deadletters/7", "", "dead_letter.drop", "dead_letter:7"),
    };

    /// <summary>The same for routes of the whole engine, which take users alone.</summary>
    static readonly Dictionary<string, (string Path, string Body, string Action, string Target)> s_recordedOfUsers = new(StringComparer.Ordinal)
    {
        ["POST /v1/anomalies/report"] = ("/v1/anomalies/report", """{"title":"x"}""", "anomaly.report", "incident:1"),
        ["PUT /v1/anomalies/{id}"] = ("/v1/anomalies/a7", """{"status":"resolved"}""", "anomaly.change", "anomaly:a7"),
        ["POST /v1/security/incident"] = ("/v1/security/incident", """{"title":"x"}""", "security.incident", "incident:2"),
        ["POST /api/v1/monitoring/incidents"] = ("/api/v1/monitoring/incidents", """{"title":"x"}""", "incident.create", "incident:3"),
        ["PATCH /api/v1/monitoring/incidents/{id:long}"] = ("/api/v1/monitoring/incidents/7", """{"severity":"info"}""", "incident.change", "incident:7"),
        ["POST /api/v1/monitoring/incidents/{id:long}/entries"] = ("/api/v1/monitoring/incidents/7/entries", """{"text":"x"}""", "incident.note", "incident:7"),
        ["DELETE /api/v1/monitoring/incidents/{id:long}/entries/{number:long}"] = ("/api/v1/monitoring/incidents/7/entries/2", "", "incident.withdraw", "incident:7"),
        ["POST /api/v1/monitoring/alerts/{id}/acknowledge"] = ("/api/v1/monitoring/alerts/7/acknowledge", """{"note":"on it"}""", "alert.acknowledge", "alert:7"),
        ["POST /api/v1/monitoring/alerts/{id}/resolve"] = ("/api/v1/monitoring/alerts/7/resolve", """{"resolution_note":"scaled"}""", "alert.resolve", "alert:7"),
        ["DELETE /api/v1/monitoring/cache/flush"] = ("/api/v1/monitoring/cache/flush", "", "cache.flush", ""),
        ["POST /api/v1/monitoring/alerts/rules"] = ("/api/v1/monitoring/alerts/rules", """{"rule_name":"x"}""", "alert_rule.add", ""),
        ["PUT /api/v1/monitoring/alerts/rules/{id}"] = ("/api/v1/monitoring/alerts/rules/7", """{"threshold":1}""", "alert_rule.change", "alert_rule:7"),
        ["DELETE /api/v1/monitoring/alerts/rules/{id}"] = ("/api/v1/monitoring/alerts/rules/7", "", "alert_rule.delete", "alert_rule:7"),
        ["POST /api/v1/monitoring/alerts/rules/{id}/enable"] = ("/api/v1/monitoring/alerts/rules/7/enable", "", "alert_rule.enable", "alert_rule:7"),
        ["POST /api/v1/monitoring/alerts/rules/{id}/disable"] = ("/api/v1/monitoring/alerts/rules/7/disable", "", "alert_rule.disable", "alert_rule:7"),
        ["POST /api/v2/silences"] = ("/api/v2/silences", """{"comment":"x"}""", "silence.set", ""),
        ["DELETE /api/v2/silence/{id}"] = ("/api/v2/silence/7", "", "silence.expire", "silence:7"),
    };

    InProcessEngine _engine = null!;
    Passwords _passwords = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => (_engine, _passwords) = (await InProcessEngine.StartAsync(), new Passwords());

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _passwords.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public void Every_route_that_changes_something_is_recorded_or_on_the_list()
    {
        var recorded = _engine.Host.Routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<AuditedChange>() is not null)
            .Select(route => $"{route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single()} /{route.RoutePattern.RawText!.Trim('/')}");
        Assert.That(recorded, Is.EquivalentTo(s_recorded.Keys.Concat(s_recordedOfUsers.Keys)));
        Assert.That(AccessMatrixTests.Routes(_engine).Where(route => !route.StartsWith("GET ", StringComparison.Ordinal)), Is.EquivalentTo(s_recorded.Keys.Concat(s_recordedOfUsers.Keys).Concat(s_notRecorded.Keys)));
    }

    [Test]
    public async Task A_change_is_recorded_with_its_outcome_for_a_user_and_for_a_key()
    {
        var (id, access) = await UserAsync("admin");
        foreach (var (route, (path, body, action, target)) in s_recorded)
        {
            foreach (var (actor, header) in new[] { ($"user:{id}", access), ("key:demo/", ("X-Api-Key", InProcessEngine.Secret)) })
            {
                using var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
                var answer = await _engine.AskAsync(new HttpMethod(route.Split(' ')[0]), path, content, key: null, header);
                var entry = (await EntriesAsync(new AuditFilter())).First().Event;
                var expected = target == "customer:u1" ? $"customer:{new MaskedIds(_engine.Host.Control).Mask("demo", PersonalIdKind.Customer, "u1")}" : target;
                Assert.That((entry.Action, entry.Target, entry.Store, entry.Address), Is.EqualTo((action, expected, "demo", "127.0.0.1")), route);
                Assert.That(entry.Actor, Does.StartWith(actor), route);
                Assert.That(entry.Details, Does.StartWith($$"""{"status":{{(int)answer.Status}}"""), route);
            }
        }

        Assert.That((await EntriesAsync(new AuditFilter(Action: "product.put"))).First().Event.Details, Is.EqualTo("""{"status":200,"products":2}"""));
        Assert.That((await EntriesAsync(new AuditFilter(Action: "suppression.add"))).First().Event.Details, Is.EqualTo("""{"status":200,"channel":"email"}"""));
        Assert.That((await EntriesAsync(new AuditFilter(Action: "campaign.pause"))).First().Event.Details, Is.EqualTo("""{"status":404}"""));
        Assert.That((await EntriesAsync(new AuditFilter())).Select(entry => entry.Event.ToString()), Has.None.Contains("a@b.example"), "the log names nobody");
    }

    [Test]
    public async Task A_change_of_the_whole_engine_is_recorded_with_its_outcome()
    {
        var (id, access) = await UserAsync("admin");
        foreach (var (route, (path, body, action, target)) in s_recordedOfUsers)
        {
            using var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
            var answer = await _engine.AskAsync(new HttpMethod(route.Split(' ')[0]), path, content, key: null, access);
            var entry = (await EntriesAsync(new AuditFilter())).First().Event;
            Assert.That((entry.Actor, entry.Action, entry.Target, entry.Store, entry.Address), Is.EqualTo(($"user:{id}", action, target, default(string), "127.0.0.1")), route);
            Assert.That(entry.Details, Does.StartWith($$"""{"status":{{(int)answer.Status}}"""), route);
        }
    }

    [Test]
    public async Task A_rejection_is_recorded_and_a_flood_is_not()
    {
        var (id, access) = await UserAsync("viewer");
        for (var i = 0; i < 15; i++)
        {
            Assert.That((await _engine.PostAsync("/v1/products", "[]", key: null, access)).Problem, Is.EqualTo((403, "permission_denied")));
        }

        var refused = (await EntriesAsync(new AuditFilter(Actor: $"user:{id}", Action: "access.refused"))).Select(entry => entry.Event).ToArray();
        Assert.That(refused, Has.Length.EqualTo(10).And.All.EqualTo(
            new AuditEvent($"user:{id}", "access.refused", "route:POST /v1/products", Details: """{"code":"permission_denied"}""") { Address = "127.0.0.1" }));
        Assert.That(await EntriesAsync(new AuditFilter(Actor: $"user:{id}", Action: "product.put")), Is.Empty);
    }

    [Test]
    public async Task A_rejection_by_a_handler_is_recorded()
    {
        await new RoleStore(_engine.Host.Control).SetAsync(new Role("hr", new HashSet<string> { Permission.UsersWrite, Permission.RolesWrite }), isNew: true, "cli", address: null);
        var (id, access) = await UserAsync("hr");
        Assert.That((await _engine.PostAsync("/v1/members", """{"email":"x@shop.example","roles":[{"role":"admin"}]}""", key: null, access)).Problem, Is.EqualTo((403, "permission_not_held")));
        Assert.That((await _engine.PostAsync("/v1/roles", """{"name":"king","permissions":["carts:read"]}""", key: null, access)).Problem, Is.EqualTo((403, "permission_not_held")));
        var refused = (await EntriesAsync(new AuditFilter(Actor: $"user:{id}", Action: "access.refused"))).Select(entry => entry.Event);
        Assert.That(refused, Is.EqualTo(new[] { "POST /v1/roles", "POST /v1/members" }.Select(route =>
            new AuditEvent($"user:{id}", "access.refused", $"route:{route}", Details: """{"code":"permission_not_held"}""") { Address = "127.0.0.1" })));
    }

    [Test]
    public async Task A_refused_page_of_another_origin_is_recorded_under_its_user_and_one_without_a_user_is_not()
    {
        var (id, access) = await UserAsync("viewer");
        var cookie = ("Cookie", $"__Host-access={access.Item2["Bearer ".Length..]}");
        Assert.That((await _engine.GetAsync("/v1/products", key: null, cookie, ("Origin", "https://evil.example"))).Problem, Is.EqualTo((403, "cross_origin")));
        var entry = (await EntriesAsync(new AuditFilter(Actor: $"user:{id}", Action: "access.refused"))).Single().Event;
        Assert.That((entry.Target, entry.Details), Is.EqualTo(("route:GET /v1/products", """{"code":"cross_origin"}""")));

        var before = (await EntriesAsync(new AuditFilter())).First().Number;
        Assert.That((await _engine.GetAsync("/v1/products", InProcessEngine.Publishable)).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await _engine.GetAsync("/v1/products", "sk_nowhere")).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await EntriesAsync(new AuditFilter())).First().Number, Is.EqualTo(before));
        Assert.That((await _engine.GetAsync("/v1/audit")).Problem, Is.EqualTo((403, "user_required")));
        Assert.That((await EntriesAsync(new AuditFilter())).First().Event.Actor, Does.StartWith("key:demo/"), "a secret key is known");
    }

    [Test]
    public async Task A_reload_is_recorded()
    {
        await using var engine = await InProcessEngine.StartAsync();
        engine.Watch(config => config.Limits.Batch = 77);
        engine.Host.RequestReload();
        var log = new AuditLog(engine.Host.Control);
        await Eventually.Is(() => log.ListAsync(new AuditFilter(Action: "config.reload"), long.MaxValue, 2).GetAwaiter().GetResult().Count == 1, "it is recorded");
        var entry = (await log.ListAsync(new AuditFilter(Action: "config.reload"), long.MaxValue, 1))[0].Event;
        Assert.That((entry.Actor, entry.Details), Is.EqualTo(("engine", """{"outcome":"applied","changed":1,"keys":"limits.batch"}""")));
    }

    async Task<(string Id, (string, string) Access)> UserAsync(string role)
    {
        var users = new UserStore(_engine.Host.Control);
        var email = $"{role}{Guid.NewGuid():n}@shop.example";
        var (user, token) = await users.InviteAsync(email, [new Grant(role, null)], "cli");
        await users.AcceptAsync(token, await _passwords.HashAsync(Password), address: null);
        var login = await _engine.PostAsync("/v1/auth/login", $$"""{"email":"{{email}}","password":"{{Password}}"}""", key: null);
        return (user.Id, ("Authorization", $"Bearer {login.Json.GetProperty("accessToken").GetString()}"));
    }

    Task<List<AuditEntry>> EntriesAsync(AuditFilter filter) => new AuditLog(_engine.Host.Control).ListAsync(filter, long.MaxValue, 1000);
}
