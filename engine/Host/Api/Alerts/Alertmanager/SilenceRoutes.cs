using System.ComponentModel;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Silences;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>The silences of Alertmanager's API v2, and a preview of what one hides.</summary>
static class SilenceRoutes
{
    const int MaxPreview = 100;
    const int MaxWindows = 10;
    const long PreviewedTime = 31L * 86_400_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var (reads, writes) = (new RequiredPermission(Permission.AlertsRead), new RequiredPermission(Permission.AlertsWrite));
        var group = routes.MapGroup("/api/v2").WithTags(ApiTags.Alertmanager).RequireAuthorization(AccessPolicies.User);
        group.MapGet("/silences", List).WithMetadata(reads)
            .Describe("listSilences", "List silences", "Also those that ended in the last 90 days. `filter` may be repeated: matchers that a silence must have.").QueryAndOthers().Problems(AlertProblems.InvalidFilter);
        group.MapPost("/silences", Set).WithMetadata(writes, new AuditedChange("silence.set"))
            .Describe("setSilence", "Create or change a silence", "With an id, changes that silence; if its matchers or its past change, it ends and a new one takes its place.")
            .Produces<AmSilenceCreated>().Problems(ApiProblems.InvalidJson, AlertProblems.InvalidSilence, AlertProblems.NotStored);
        group.MapPost("/silences/preview", Preview).WithMetadata(reads)
            .Describe("previewSilence", "Preview a silence", "The alerts that fire and that a silence with these matchers would hide, and when a recurring one would. Changes nothing.")
            .Produces<AmSilencePreview>().Problems(ApiProblems.InvalidJson, AlertProblems.InvalidSilence);
        group.MapGet("/silence/{id}", Get).WithMetadata(reads).Describe("getSilence", "Get a silence", "A silence with its matchers and its state.").Problems(AlertProblems.SilenceNotFound);
        group.MapDelete("/silence/{id}", Delete).WithMetadata(writes, new AuditedChange("silence.expire", "id"))
            .Describe("expireSilence", "End a silence", "It hides nothing from now on.").Produces(StatusCodes.Status200OK).Problems(AlertProblems.SilenceNotFound, AlertProblems.NotStored);
    }

    static Ok<IReadOnlyList<AmSilence>> List(HttpContext context, RequestQuery query, AlertingService alerting)
    {
        var (filters, now) = (AlertmanagerRoutes.Filters(context), AlertIds.Now(context));
        var silences = alerting.Alerts.Read((_, all, _) => all.All.ToArray());
        return TypedResults.Ok<IReadOnlyList<AmSilence>>([.. silences.Where(silence => filters.All(filter => Has(silence, filter)))
            .OrderBy(silence => silence.StateAt(now) switch { SilenceState.Active => 0, SilenceState.Pending => 1, _ => 2 }).ThenBy(silence => silence.EndsAt).Select(silence => ItemOf(silence, now))]);
    }

    static Ok<AmSilence> Get(HttpContext context, [Description("The silence.")] string id, AlertingService alerting) => TypedResults.Ok(
        ItemOf(alerting.Alerts.Read((_, silences, _) => silences.Find(id)) ?? throw new ProblemException(AlertProblems.SilenceNotFound), AlertIds.Now(context)));

    static Ok<AmSilenceCreated> Set(HttpContext context, AmSilenceBody body, AlertingService alerting)
    {
        var now = AlertIds.Now(context);
        try
        {
            var silence = alerting.Alerts.SetSilence(new Silence
            {
                Id = body.Id ?? "",
                Matchers = MatchersOf(body),
                StartsAt = body.StartsAt?.ToUnixTimeMilliseconds() ?? now,
                EndsAt = body.EndsAt?.ToUnixTimeMilliseconds() ?? throw new SilenceException("endsAt is missing"),
                CreatedBy = string.IsNullOrEmpty(body.CreatedBy) ? UserIdentity.Of(context).ActorName : body.CreatedBy,
                Comment = body.Comment ?? "",
                Recurrence = RecurrenceOf(body),
            });
            AuditTarget.Set(context, $"silence:{silence.Id}");
            return TypedResults.Ok(new AmSilenceCreated(silence.Id));
        }
        catch (SilenceException e)
        {
            throw new ProblemException(AlertProblems.InvalidSilence with { Detail = $"{e.Message}." });
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }
    }

    static Ok<AmSilencePreview> Preview(HttpContext context, AmSilenceBody body, AlertingService alerting)
    {
        var matchers = MatchersOf(body);
        if (matchers.Count == 0)
        {
            throw new ProblemException(AlertProblems.InvalidSilence with { Detail = "a silence needs at least one matcher." });
        }

        var hidden = alerting.Alerts.Read((log, _, _) => log.Active.Where(alert => matchers.All(matcher => matcher.IsMatch(alert.Labels))).ToArray());
        return TypedResults.Ok(new AmSilencePreview(hidden.Length, [.. hidden.OrderByDescending(alert => alert.Number).Take(MaxPreview).Select(alert => AlertItem.Of(alert, null))], WindowsOf(body, AlertIds.Now(context))));
    }

    static IReadOnlyList<AmSilenceWindow>? WindowsOf(AmSilenceBody body, long now)
    {
        try
        {
            var from = Math.Max(now, body.StartsAt?.ToUnixTimeMilliseconds() ?? now);
            var to = Math.Min(from + PreviewedTime, (body.EndsAt ?? DateTimeOffset.MaxValue).ToUnixTimeMilliseconds());
            return RecurrenceOf(body) is { } recurrence
                ? [.. recurrence.Windows(from, to, MaxWindows).Select(window => new AmSilenceWindow(AlertIds.Time(window.From), AlertIds.Time(window.To)))] : null;
        }
        catch (SilenceException e)
        {
            throw new ProblemException(AlertProblems.InvalidSilence with { Detail = $"{e.Message}." });
        }
    }

    static SilenceRecurrence? RecurrenceOf(AmSilenceBody body) =>
        body.Recurrence is null ? null : SilenceRecurrence.Parse(JsonSerializer.Serialize(body.Recurrence, ApiJson.Default.IReadOnlyListAmInterval));

    static Microsoft.AspNetCore.Http.HttpResults.Ok Delete([Description("The silence.")] string id, AlertingService alerting)
    {
        try
        {
            return alerting.Alerts.ExpireSilence(id) is null ? throw new ProblemException(AlertProblems.SilenceNotFound) : TypedResults.Ok();
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }
    }

    static IReadOnlyList<LabelMatcher> MatchersOf(AmSilenceBody body)
    {
        try
        {
            return [.. (body.Matchers ?? []).Select(matcher => NoticeMatchers.Of(NameOf(matcher),
                (matcher.IsRegex == true, matcher.IsEqual != false) switch { (false, true) => "=", (false, false) => "!=", (true, true) => "=~", _ => "!~" }, matcher.Value ?? ""))];
        }
        catch (FormatException e)
        {
            throw new ProblemException(AlertProblems.InvalidSilence with { Detail = e.Message });
        }
    }

    static string NameOf(AmMatcher matcher) => matcher.Name is { Length: > 0 and <= 128 } name && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
        ? name : throw new ProblemException(AlertProblems.InvalidSilence with { Detail = "matchers: a name has letters, digits and _." });

    // As Alertmanager filters silences: a matcher of the silence on the label must itself fulfil the filter.
    static bool Has(Silence silence, LabelMatcher filter) => silence.Matchers.Any(matcher => matcher.Name == filter.Name && filter.IsMatch(matcher.Value));

    static AmSilence ItemOf(Silence silence, long now) => new(silence.Id, new AmSilenceStatus(silence.StateAt(now).ToString().ToLowerInvariant()), AlertIds.Time(silence.UpdatedAt),
        silence.Comment, silence.CreatedBy, AlertIds.Time(silence.EndsAt),
        [.. silence.Matchers.Select(matcher => new AmMatcher(matcher.Name, matcher.Value, matcher.Match is LabelMatch.Matches or LabelMatch.DoesNotMatch, matcher.Match is LabelMatch.Equal or LabelMatch.Matches))],
        AlertIds.Time(silence.StartsAt),
        silence.Recurrence is null ? null : JsonSerializer.Deserialize(silence.Recurrence.Text, ApiJson.Default.IReadOnlyListAmInterval));
}
