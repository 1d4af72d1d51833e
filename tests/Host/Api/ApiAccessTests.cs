using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Calls every operation of the document without a key and with each kind of key.</summary>
[TestFixture]
sealed class ApiAccessTests
{
    const string Other = "sk_other", Nowhere = "sk_nowhere";

    // The operations open to publishable keys; all others with a key require a secret one.
    static readonly string[] s_publishable = ["sendEvents", "sendEventBatch", "openStream", "evaluateFlag", "evaluateFlags"];

    static readonly string[] s_users = ["withdrawIncidentUpdate", "listAnomalies", "reportAnomaly", "getAnomaly", "changeAnomaly", "listThreats", "listAccess", "reportSecurityIncident", "logout", "getCurrentUser", "beginTotp", "confirmTotp", "oidcLogout", "listAudit", "searchLogs", "listApiKeys", "createApiKey", "rotateApiKey", "revokeApiKey",
        "listMembers", "inviteMember", "getMember", "changeMember", "sendMemberLink", "deleteMember", "listRoles", "createRole", "changeRole", "deleteRole",
        "getConfig", "getSetting", "replaceConfig", "changeConfig", "resetConfig", "putSetting", "changeSetting", "resetSetting", "listConfigVersions", "getConfigVersion", "compareConfigVersions", "exportConfig", "rollBackConfig", "listScheduledConfig", "cancelScheduledConfig", "approveCampaign",
        "listJobs", "getJob", "changeJob", "runJob", "pauseJob", "resumeJob", "cancelJob", "listJobRuns", "getJobRun",
        "acknowledgeAlert", "alertmanagerAlertGroups", "alertmanagerAlerts", "alertmanagerPostAlerts", "alertmanagerReceivers", "alertmanagerStatus", "backtestAlertRule", "changeAlertRule", "changeIncident", "createAlertRule", "createIncident", "dashboardIncidents", "deleteAlertRule", "disableAlertRule", "enableAlertRule", "expireSilence", "getAlert", "getAlertRule", "getIncident", "getSilence", "incidentFigures", "listActiveAlerts", "listAlertHistory", "listAlertRules", "listAlerts", "listIncidents", "listSilences", "noteIncident", "previewSilence", "prometheusAlerts", "prometheusRules", "resolveAlert", "setSilence", "testAlertRule",
        "addModel", "deployModel", "moveModelAlias", "removeModelAlias", "rollBackModel", "deleteModel", "loadModel", "unloadModel",
        "queryMetrics", "queryMetricsByForm", "queryMetricRange", "queryMetricRangeByForm", "listMetricSeries", "listMetricSeriesByForm", "listMetricLabels", "listMetricLabelsByForm", "listMetricLabelValues", "getMetricMetadata", "getMetricBuildInfo",
        "getDetailedHealth", "getStatus", "listServiceHealth", "listServiceStatus", "getDependencyHealth", "getServiceHealth", "getPipelineStatus", "dashboardSla", "dashboardOverview", "dashboardPerformance", "dashboardBusiness", "getCacheStats", "flushCache",
        "testGrafanaSource", "searchGrafanaMetrics", "listGrafanaMetrics", "listGrafanaOptions", "queryGrafana", "listGrafanaAnnotations", "listGrafanaTagKeys", "listGrafanaTagValues",
        "listMetrics", "listLatestMetrics", "listServiceMetrics", "exportMetrics", "pushMetric", "writeMetrics", "writeOtlpMetrics",
        "setCanary", "promoteCanary", "removeCanary", "setShadow", "removeShadow"];

    static readonly string[] s_public =
    [
        "login", "refresh", "setPassword", "beginOidcLogin", "endOidcLogin", "oidcBackchannelLogout", "requestReset", "choosePassword",
        "followLink", "openMessage", "askAcknowledge", "acknowledgeByLink", "askToUnsubscribe", "unsubscribe", "askToConfirm", "confirmAddress", "restoreCart", "listFeatureDefinitions", "getScript", "getModule", "getDebugModule", "getTypes", "getHealth",
        "getLive", "getStatusPage", "getReady", "getMetrics", "getInferenceServer", "getInferenceLive", "getInferenceReady",
    ];

    InProcessEngine _engine = null!;
    ApiContract _contract = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(
            config => config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key(Other, KeyKind.Secret)] }),
            prepare: host => host.Routes.MapGet("/declares-nothing", (RequestDelegate)(context => context.Response.WriteAsync("open"))));
        _contract = await ApiContract.OfAsync(_engine);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task Every_operation_admits_exactly_the_declared_keys()
    {
        foreach (var (method, path, operation) in _contract.Operations)
        {
            var id = operation.GetProperty("operationId").GetString()!;
            var isPublic = s_public.Contains(id);
            var needsSecret = !isPublic && !s_publishable.Contains(id);
            if (id == "refresh")
            {
                // Its 401 is about the refresh token.
                continue;
            }

            (int, string?)? nothing = isPublic ? null : (401, "missing_key");
            (int, string?)? userOnly = s_users.Contains(id) ? (403, "user_required") : null;
            using (Assert.EnterMultipleScope())
            {
                Assert.That(operation.GetProperty("security").GetArrayLength(), isPublic ? Is.Zero : Is.EqualTo(3), $"{id}: documented");
                Assert.That(Refusal(await AskAsync(method, path, key: null)), Is.EqualTo(nothing), $"{id}: no key");
                Assert.That(Refusal(await AskAsync(method, path, Nowhere)), Is.EqualTo(isPublic ? nothing : (401, "unknown_key")), $"{id}: unknown key");
                Assert.That(Refusal(await AskAsync(method, path, InProcessEngine.Publishable)),
                    Is.EqualTo(userOnly ?? (needsSecret ? (403, "secret_key_required") : ((int, string?)?)null)), $"{id}: publishable key");
                Assert.That(Refusal(await AskAsync(method, path, InProcessEngine.Secret)), Is.EqualTo(userOnly), $"{id}: secret key");
            }
        }
    }

    [Test]
    public async Task A_route_without_a_declaration_denies_all()
    {
        Assert.That((await _engine.GetAsync("/declares-nothing", key: null)).Problem, Is.EqualTo((401, "missing_key")));
        Assert.That((await _engine.GetAsync("/declares-nothing", InProcessEngine.Secret)).Status, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task A_secret_key_cannot_read_another_store()
    {
        var cart = EventJson.NewCart();
        await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p\",\"price\":5"), "{}"));
        await Eventually.Is(() => _engine.Host.DeadLetters.Count(Engine.Ingest.DeadLetters.DeadLetterState.Waiting) > 0, "a letter is kept");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await _engine.GetAsync($"/v1/features/{cart}")).Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((await _engine.GetAsync($"/v1/features/{cart}", Other)).Problem, Is.EqualTo((404, "cart_not_found")));
            Assert.That((await _engine.GetAsync($"/v1/carts/{cart}", Other)).Problem, Is.EqualTo((404, "cart_not_found")));
            Assert.That((await _engine.PostAsync("/v1/predict", $"{{\"cartId\":\"{cart}\"}}", Other)).Problem, Is.EqualTo((404, "cart_not_found")));
            Assert.That((await _engine.PostAsync("/v1/campaigns/x/preview", $"{{\"cartId\":\"{cart}\"}}", Other)).Problem, Is.EqualTo((404, "cart_not_found")));
            Assert.That((await _engine.GetAsync("/v1/deadletters", Other)).Json.GetProperty("items").GetArrayLength(), Is.Zero);
            Assert.That((await _engine.GetAsync("/v1/deadletters")).Json.GetProperty("items").GetArrayLength(), Is.Positive);
            Assert.That((await _engine.PostAsync("/v1/events", EventJson.Of(cart, more: ",\"storeId\":\"demo\""), Other)).Problem, Is.EqualTo((403, "foreign_store")));
        }
    }

    static (int Status, string? Code)? Refusal(ApiAnswer answer) => answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? answer.Problem : null;

    Task<ApiAnswer> AskAsync(string method, string path, string? key)
    {
        var target = string.Join('/', path.Split('/').Select(part => part.StartsWith('{') ? "7" : part));
        ByteArrayContent? body = null;
        if (method is not "GET" && target != "/v1/track/unsubscribe/7")
        {
            body = new ByteArrayContent(Encoding.UTF8.GetBytes("{}"));
            body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return _engine.AskAsync(new HttpMethod(method), target, body, key);
    }
}
