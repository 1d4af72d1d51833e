using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>Routes of <c>/api/v1/monitoring/alerts/rules</c>: the rules of the files, and those that the API creates.</summary>
static class AlertRulesRoutes
{
    const int MaxElements = 100, MaxFirings = 1000;

    static readonly HttpProblem s_timeout = new(503, "query_timeout", "The query took longer than monitoring.query.timeout, or too many run at once. Choose a shorter period, or try again.");

    static readonly long s_backtest = (long)TimeSpan.FromDays(14).TotalMilliseconds;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/monitoring/alerts/rules").WithTags(ApiTags.Alerts).RequireAuthorization(AccessPolicies.User);
        var (reads, writes) = (new RequiredPermission(Permission.AlertsRead), new RequiredPermission(Permission.AlertsWrite));
        group.MapGet("", List).WithMetadata(reads).Describe("listAlertRules", "List alert rules", "The rules of the files, then those of the API, with their states.");
        group.MapPost("", Add).WithMetadata(writes, new AuditedChange("alert_rule.add"))
            .Describe("createAlertRule", "Create an alert rule", "Lies beside the rules of the files, and takes effect within a second.")
            .Produces<AlertRuleItem>(StatusCodes.Status201Created).Problems(ApiProblems.InvalidJson, AlertProblems.InvalidRule, AlertProblems.TooManyRules, AlertProblems.NotStored);
        group.MapPost("/test", TestAsync).WithMetadata(reads)
            .Describe("testAlertRule", "Try an alert rule", "What the rule returns now. Changes nothing.")
            .Produces<AlertRuleTrial>().Problems(ApiProblems.InvalidJson, AlertProblems.InvalidRule, AlertProblems.QueryFailed, s_timeout);
        group.MapPost("/backtest", BacktestAsync).WithMetadata(reads)
            .Describe("backtestAlertRule", "Run an alert rule over the past", "When the rule would have fired since `from`, 14 days ago by default. Changes nothing.")
            .Query(QueryParameters.From, QueryParameters.To).Produces<AlertRuleBacktest>().Problems(ApiProblems.InvalidJson, AlertProblems.InvalidRule, AlertProblems.QueryFailed, s_timeout);
        group.MapGet("/{id}", Get).WithMetadata(reads).Describe("getAlertRule", "Get an alert rule", "A rule with its state.").Problems(AlertProblems.RuleNotFound);
        group.MapPut("/{id}", Change).WithMetadata(writes, new AuditedChange("alert_rule.change", "id"))
            .Describe("changeAlertRule", "Change an alert rule", "Fields that are absent stay as they are. A changed condition begins without alerts.")
            .Produces<AlertRuleItem>().Problems(ApiProblems.InvalidJson, AlertProblems.InvalidRule, AlertProblems.RuleNotFound, AlertProblems.RuleOfFile, AlertProblems.NotStored);
        group.MapDelete("/{id}", Delete).WithMetadata(writes, new AuditedChange("alert_rule.delete", "id"))
            .Describe("deleteAlertRule", "Delete an alert rule", "Its alerts resolve within a few minutes.")
            .Produces(StatusCodes.Status204NoContent).Problems(AlertProblems.RuleNotFound, AlertProblems.RuleOfFile, AlertProblems.NotStored);
        group.MapPost("/{id}/enable", (HttpContext context, [Description("The rule.")] string id, AlertingService alerting) => Set(context, id, new AlertRuleBody { Enabled = true }, alerting))
            .WithMetadata(writes, new AuditedChange("alert_rule.enable", "id")).Describe("enableAlertRule", "Enable an alert rule", "The rule is evaluated from now on.")
            .Produces<AlertRuleItem>().Problems(AlertProblems.RuleNotFound, AlertProblems.RuleOfFile, AlertProblems.NotStored);
        group.MapPost("/{id}/disable", (HttpContext context, [Description("The rule.")] string id, AlertingService alerting) => Set(context, id, new AlertRuleBody { Enabled = false }, alerting))
            .WithMetadata(writes, new AuditedChange("alert_rule.disable", "id")).Describe("disableAlertRule", "Disable an alert rule", "The rule is not evaluated; its alerts resolve within a few minutes.")
            .Produces<AlertRuleItem>().Problems(AlertProblems.RuleNotFound, AlertProblems.RuleOfFile, AlertProblems.NotStored);
    }

    static Ok<IReadOnlyList<AlertRuleItem>> List(AlertingService alerting) => TypedResults.Ok<IReadOnlyList<AlertRuleItem>>(
        [.. OfFiles(alerting), .. alerting.Managed.All.Select(rule => AlertRuleItem.Of(rule, StatusOf(rule.Id, alerting)))]);

    static Ok<AlertRuleItem> Get([Description("The rule.")] string id, AlertingService alerting) => TypedResults.Ok(
        alerting.Managed.Find(id) is { } rule ? AlertRuleItem.Of(rule, StatusOf(id, alerting))
        : OfFiles(alerting).FirstOrDefault(item => item.Id == id) ?? throw new ProblemException(AlertProblems.RuleNotFound));

    static Created<AlertRuleItem> Add(HttpContext context, AlertRuleBody body, AlertingService alerting)
    {
        var id = Guid.NewGuid().ToString();
        Check(id, body, alerting);
        var rule = Save(context, id, body, null, alerting);
        AuditTarget.Set(context, $"alert_rule:{id}");
        return TypedResults.Created((string?)null, AlertRuleItem.Of(rule, null));
    }

    static Ok<AlertRuleItem> Change(HttpContext context, [Description("The rule.")] string id, AlertRuleBody body, AlertingService alerting) => Set(context, id, body, alerting);

    static Ok<AlertRuleItem> Set(HttpContext context, string id, AlertRuleBody change, AlertingService alerting)
    {
        var former = Find(id, alerting);
        var body = RuleDocument.BodyOf(former).With(change);
        Check(id, body, alerting);
        return TypedResults.Ok(AlertRuleItem.Of(Save(context, id, body, former, alerting), StatusOf(id, alerting)));
    }

    static NoContent Delete([Description("The rule.")] string id, AlertingService alerting)
    {
        Find(id, alerting);
        try
        {
            alerting.Managed.Delete(id);
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }

        alerting.ApplyRules();
        return TypedResults.NoContent();
    }

    static async Task<Ok<AlertRuleTrial>> TestAsync(HttpContext context, AlertRuleBody body, AlertingService alerting, MetricMonitor monitor, TimeProvider time)
    {
        var rule = Check("test", body, alerting);
        try
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var value = await monitor.RunAsync(cancelled => alerting.Queries.Evaluate(rule.Query, now, cancelled), timeout: null, context.RequestAborted);
            IReadOnlyList<VectorSample> found = value switch
            {
                PromVector vector => vector.Samples,
                PromScalar scalar => [new VectorSample(SeriesLabels.Empty, scalar.Value)],
                _ => [],
            };
            return TypedResults.Ok(new AlertRuleTrial(found.Count,
                [.. found.Take(MaxElements).Select(sample => new AlertRuleElement(AlertIds.Map(sample.Labels), double.IsFinite(sample.Value) ? sample.Value : null))]));
        }
        catch (PromQlException e)
        {
            throw new ProblemException(AlertProblems.QueryFailed with { Detail = e.Message });
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new ProblemException(s_timeout);
        }
    }

    static async Task<Ok<AlertRuleBacktest>> BacktestAsync(HttpContext context, AlertRuleBody body, RequestQuery query, AlertingService alerting, MetricMonitor monitor)
    {
        var rule = Check("test", body, alerting);
        var now = AlertIds.Now(context);
        var (from, to) = (query.Of(QueryParameters.From, now - s_backtest), Math.Min(query.Of(QueryParameters.To, now), now));
        try
        {
            var step = Math.Max(60_000, 1000 * (body.Interval ?? 60));
            var found = await monitor.RunAsync(cancelled => RuleBacktest.Run(alerting.Queries, rule, from, to, step, cancelled), timeout: null, context.RequestAborted);
            return TypedResults.Ok(new AlertRuleBacktest(found.Count, AlertIds.Time(from), AlertIds.Time(to), [.. found.Take(MaxFirings).Select(firing => new AlertRuleFiring(
                AlertIds.Map(firing.Labels), AlertIds.Time(firing.FiredAt), firing.ResolvedAt is { } end ? AlertIds.Time(end) : null, double.IsFinite(firing.Value) ? firing.Value : null))]));
        }
        catch (Exception e) when (e is PromQlException or RuleException)
        {
            throw new ProblemException(AlertProblems.QueryFailed with { Detail = e.Message });
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new ProblemException(s_timeout);
        }
    }

    static AlertRule Check(string id, AlertRuleBody body, AlertingService alerting)
    {
        var unknown = body.NotificationChannels?.FirstOrDefault(channel => !alerting.Alerts.Config.Receivers.ContainsKey(channel));
        if (unknown is not null)
        {
            var known = string.Join(", ", alerting.Alerts.Config.Receivers.Keys);
            throw new ProblemException(AlertProblems.InvalidRule with { Detail = $"notification_channels: there is no receiver \"{unknown}\" among those of the routing: {known}." });
        }

        if (string.IsNullOrWhiteSpace(body.RuleName) || body.RuleName.Length > 256)
        {
            throw new ProblemException(AlertProblems.InvalidRule with { Detail = "rule_name: a rule needs a name of at most 256 characters." });
        }

        if (body.Duration < 0 || body.KeepFiringFor < 0 || body.Interval is < 1 or > 86_400)
        {
            throw new ProblemException(AlertProblems.InvalidRule with { Detail = "duration and keep_firing_for must not be negative, and interval is 1 to 86400 seconds." });
        }

        var file = RuleDocument.Read(id, body);
        return file.Problems.Count > 0 ? throw new ProblemException(AlertProblems.InvalidRule with { Detail = $"{file.Problems[0].Message}." })
            : file.Groups[0].Rules[0] as AlertRule ?? throw new ProblemException(AlertProblems.InvalidRule);
    }

    static ManagedRule Save(HttpContext context, string id, AlertRuleBody body, ManagedRule? former, AlertingService alerting)
    {
        var (who, now) = (UserIdentity.Of(context).ActorName, AlertIds.Now(context));
        var rule = new ManagedRule(id, RuleDocument.TextOf(body with { Enabled = body.Enabled ?? true }), former?.CreatedBy ?? who, former?.CreatedAt ?? now, who, now);
        try
        {
            if (!alerting.Managed.TrySet(rule))
            {
                throw new ProblemException(AlertProblems.TooManyRules);
            }
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }

        alerting.ApplyRules();
        return rule;
    }

    static ManagedRule Find(string id, AlertingService alerting) => alerting.Managed.Find(id)
        ?? throw new ProblemException(OfFiles(alerting).Any(item => item.Id == id) ? AlertProblems.RuleOfFile : AlertProblems.RuleNotFound);

    static RuleStatus? StatusOf(string id, AlertingService alerting)
    {
        var file = RuleDocument.FileOf(id);
        return alerting.Rules.Groups.FirstOrDefault(group => group.Group.File == file)?.Rules[0];
    }

    static IEnumerable<AlertRuleItem> OfFiles(AlertingService alerting)
    {
        foreach (var group in alerting.Rules.Groups.Where(group => !group.Group.File.StartsWith("api/", StringComparison.Ordinal)))
        {
            foreach (var status in group.Rules.Where(status => status.Rule is AlertRule))
            {
                yield return AlertRuleItem.Of(group, status, (AlertRule)status.Rule);
            }
        }
    }
}
