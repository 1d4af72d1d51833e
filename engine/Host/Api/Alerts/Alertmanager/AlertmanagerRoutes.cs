using System.Globalization;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Query.Syntax;
using CartRecovery.Engine.Monitoring.Silences;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>Alertmanager's API v2: status, receivers and alerts. Silences are in <see cref="SilenceRoutes"/>.</summary>
static class AlertmanagerRoutes
{
    // Bounds of a request.
    const int MaxAlerts = 10_000, MaxLabels = 64, MaxText = 8192;

    const long ResolveTimeout = 5 * 60_000;

    static readonly QueryParameter<string> s_active = Flag("active", "Whether to return alerts that are neither silenced nor inhibited.");
    static readonly QueryParameter<string> s_silenced = Flag("silenced", "Whether to return silenced alerts.");
    static readonly QueryParameter<string> s_inhibited = Flag("inhibited", "Whether to return inhibited alerts.");
    static readonly QueryParameter<string> s_unprocessed = Flag("unprocessed", "Ignored: there are none.");
    static readonly QueryParameter<string> s_receiver = new("receiver", "Only alerts of the receivers that this pattern matches.", "a pattern", (text, _) => text.Length <= 1024 ? text : null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var (reads, writes) = (new RequiredPermission(Permission.AlertsRead), new RequiredPermission(Permission.AlertsWrite));
        var group = routes.MapGroup("/api/v2").WithTags(ApiTags.Alertmanager).RequireAuthorization(AccessPolicies.User);
        group.MapGet("/status", Status).WithMetadata(reads).Describe("alertmanagerStatus", "Get the alert manager's status", "The version and the routes.");
        group.MapGet("/receivers", Receivers).WithMetadata(reads).Describe("alertmanagerReceivers", "List receivers", "The names of the receivers that routes use.");
        group.MapGet("/alerts", Alerts).WithMetadata(reads)
            .Describe("alertmanagerAlerts", "List alerts", "Alerts that fire. `filter` may be repeated: matchers such as `severity=\"critical\"`.")
            .QueryAndOthers(s_active, s_silenced, s_inhibited, s_unprocessed, s_receiver).Problems(AlertProblems.InvalidFilter);
        group.MapGet("/alerts/groups", Groups).WithMetadata(reads)
            .Describe("alertmanagerAlertGroups", "List groups of alerts", "As notices have them. `filter` may be repeated.")
            .QueryAndOthers(s_active, s_silenced, s_inhibited, s_receiver).Problems(AlertProblems.InvalidFilter);

        // A Prometheus has the metrics key, as for remote write, and no user.
        routes.MapGroup("/api/v2").WithTags(ApiTags.Alertmanager).RequireAuthorization(AccessPolicies.Monitoring).WithMetadata(new OperationsRoute()).MapPost("/alerts", Post).WithMetadata(writes)
            .Describe("alertmanagerPostAlerts", "Send alerts", "Takes alerts of Prometheus and other programs, at most 10,000 a request; repeat those that go on firing.")
            .Produces(StatusCodes.Status200OK).Problems(ApiProblems.InvalidJson, AlertProblems.InvalidAlert, AlertProblems.NotStored);
    }

    /// <summary>Reads the matchers of the query's <c>filter</c>.</summary>
    /// <exception cref="ProblemException">One is invalid.</exception>
    public static IReadOnlyList<LabelMatcher> Filters(HttpContext context)
    {
        try
        {
            return [.. context.Request.Query["filter"].OfType<string>().SelectMany(NoticeMatchers.Parse)];
        }
        catch (FormatException e)
        {
            throw new ProblemException(AlertProblems.InvalidFilter with { Detail = e.Message });
        }
    }

    static Ok<AmStatus> Status(AlertingService alerting) => TypedResults.Ok(new AmStatus(
        new AmCluster("disabled", []), new AmVersion("", "", "", Environment.Version.ToString(), "", BuildVersion.Number), new AmConfig(RoutingText.Of(alerting.Alerts.Config)), alerting.StartedAt));

    static Ok<IReadOnlyList<AmReceiver>> Receivers(AlertingService alerting) =>
        TypedResults.Ok<IReadOnlyList<AmReceiver>>([.. alerting.Alerts.Config.Receivers.Keys.Select(name => new AmReceiver(name))]);

    static Ok<IReadOnlyList<AmAlert>> Alerts(HttpContext context, RequestQuery query, AlertingService alerting)
    {
        var (filters, receiver, now) = (Filters(context), ReceiverPattern(query), AlertIds.Now(context));
        return TypedResults.Ok(alerting.Alerts.Read<IReadOnlyList<AmAlert>>((_, silences, dispatcher) =>
            [.. dispatcher.Alerts.Where(alert => !alert.IsResolved && alert.EndsAt > now && filters.All(filter => filter.IsMatch(alert.Labels)))
                .Select(alert => AlertOf(alert, silences, dispatcher, now)).Where(alert => Wants(query, alert, receiver)).OrderBy(alert => alert.Fingerprint, StringComparer.Ordinal)]));
    }

    static Ok<IReadOnlyList<AmGroup>> Groups(HttpContext context, RequestQuery query, AlertingService alerting)
    {
        var (filters, receiver, now) = (Filters(context), ReceiverPattern(query), AlertIds.Now(context));
        return TypedResults.Ok(alerting.Alerts.Read<IReadOnlyList<AmGroup>>((_, silences, dispatcher) =>
            [.. dispatcher.AllGroups.OrderBy(group => group.Route.Id, StringComparer.Ordinal).ThenBy(group => group.Labels)
                .Where(group => receiver?.IsMatch(group.Route.Receiver) != false)
                .Select(group => new AmGroup(
                    [.. group.Alerts.Where(alert => !alert.IsResolved && alert.EndsAt > now && filters.All(filter => filter.IsMatch(alert.Labels)))
                        .Select(alert => AlertOf(alert, silences, dispatcher, now)).Where(alert => Wants(query, alert, receiver))],
                    AlertIds.Map(group.Labels), new AmReceiver(group.Route.Receiver)))
                .Where(group => group.Alerts.Count > 0)]));
    }

    static Microsoft.AspNetCore.Http.HttpResults.Ok Post(HttpContext context, List<AmPostedAlert> body, AlertingService alerting)
    {
        var now = AlertIds.Now(context);
        if (body.Count > MaxAlerts)
        {
            throw new ProblemException(AlertProblems.InvalidAlert with { Detail = $"A request has at most {MaxAlerts} alerts." });
        }

        var timeout = alerting.Alerts.Config.Global.TryGetValue("resolve_timeout", out var text) && PromDuration.TryParse(text, out var given) ? given : ResolveTimeout;
        List<AlertMessage> messages = [.. body.Select((alert, i) => MessageOf(alert, i, now, timeout))];
        try
        {
            alerting.Alerts.Take(messages);
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }

        return TypedResults.Ok();
    }

    static AlertMessage MessageOf(AmPostedAlert alert, int index, long now, long timeout)
    {
        var (labels, annotations) = (LabelsOf(alert.Labels, index, "labels"), LabelsOf(alert.Annotations, index, "annotations"));
        var startsAt = alert.StartsAt is { Year: > 1 } start ? start.ToUnixTimeMilliseconds() : now;
        var endsAt = alert.EndsAt is { Year: > 1 } end ? end.ToUnixTimeMilliseconds() : now + timeout;
        return labels.Count == 0 ? throw Invalid(index, "labels: at least one is needed")
            : endsAt < startsAt ? throw Invalid(index, "endsAt is before startsAt")
            : new AlertMessage(labels, annotations, startsAt, endsAt, endsAt <= now, alert.GeneratorUrl ?? "");
    }

    static SeriesLabels LabelsOf(IReadOnlyDictionary<string, string>? map, int index, string what)
    {
        if (map is null)
        {
            return SeriesLabels.Empty;
        }

        return map.Count > MaxLabels ? throw Invalid(index, $"{what}: at most {MaxLabels}")
            : map.FirstOrDefault(label => !IsName(label.Key) || label.Value is not { Length: <= MaxText }) is { Key: not null } wrong
                ? throw Invalid(index, $"{what}: '{(wrong.Key.Length > 64 ? wrong.Key[..64] : wrong.Key)}': a name has letters, digits and _, and a value at most {MaxText} characters")
            : SeriesLabels.Of(map);
    }

    static bool IsName(string name) => name.Length is > 0 and <= 128 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    static ProblemException Invalid(int index, string problem) =>
        new(AlertProblems.InvalidAlert with { Detail = string.Create(CultureInfo.InvariantCulture, $"[{index}].{problem}.") });

    static AmAlert AlertOf(AlertMessage alert, SilenceStore silences, NoticeDispatcher dispatcher, long now)
    {
        var silencedBy = silences.Hiding(alert.Labels, now).Select(silence => silence.Id).ToArray();
        string[] inhibitedBy = dispatcher.InhibitorOf(alert.Labels, now) is { } by ? [Fingerprint(by)] : [];
        return new AmAlert
        {
            Annotations = AlertIds.Map(alert.Annotations),
            EndsAt = AlertIds.Time(alert.EndsAt),
            Fingerprint = Fingerprint(alert),
            Receivers = [.. dispatcher.Config.Route.Find(alert.Labels).Select(route => route.Receiver).Distinct(StringComparer.Ordinal).Select(name => new AmReceiver(name))],
            StartsAt = AlertIds.Time(alert.StartsAt),
            Status = new AmAlertStatus(inhibitedBy, silencedBy, silencedBy.Length + inhibitedBy.Length > 0 ? "suppressed" : "active"),
            UpdatedAt = AlertIds.Time(now),
            GeneratorUrl = alert.GeneratorUrl,
            Labels = AlertIds.Map(alert.Labels),
        };
    }

    static bool Wants(RequestQuery query, AmAlert alert, LabelMatcher? receiver) =>
        (receiver is null || alert.Receivers.Any(one => receiver.IsMatch(one.Name)))
        && (alert.Status.SilencedBy.Count == 0 || query.Of(s_silenced) != "false")
        && (alert.Status.InhibitedBy.Count == 0 || query.Of(s_inhibited) != "false")
        && (alert.Status.State != "active" || query.Of(s_active) != "false");

    static LabelMatcher? ReceiverPattern(RequestQuery query)
    {
        try
        {
            return query.Of(s_receiver) is { } pattern ? NoticeMatchers.Of("receiver", "=~", pattern) : null;
        }
        catch (FormatException e)
        {
            throw new ProblemException(AlertProblems.InvalidFilter with { Detail = e.Message });
        }
    }

    static string Fingerprint(AlertMessage alert) => LabelText.Fingerprint(alert.Labels).ToString("x16", CultureInfo.InvariantCulture);

    static QueryParameter<string> Flag(string name, string description) => QueryParameters.Choice(name, description, ["true", "false"], @default: "true");
}
