using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Engine.Monitoring.Services;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace CartRecovery.Host.Api.Status;

/// <summary>
/// Makes the public status from what the engine has sampled anyway: it checks nothing for a reader. Shows names of components only, never those
/// of services, parts or people, and of incidents what was written for the public.
/// </summary>
sealed class StatusBoard
{
    const int MaxIncidents = 20, MaxUpdates = 20, MaxHeading = 120;

    static readonly TimeSpan s_shown = TimeSpan.FromDays(14);

    readonly StatusPageConfig _config;
    readonly HealthMonitor _health;
    readonly AlertingService _alerting;
    readonly TimeProvider _time;
    readonly JsonTypeInfo<StatusReport> _json;
    readonly DayUptimes _uptimes;
    readonly SharedAnswer<StatusAnswers> _answers;

    public StatusBoard(CartRecoveryConfig config, HealthMonitor health, MetricMonitor metrics, AlertingService alerting, TimeProvider time, IOptions<JsonOptions> json)
    {
        (_config, _health, _alerting, _time) = (config.Monitoring.Status, health, alerting, time);
        _json = (JsonTypeInfo<StatusReport>)json.Value.SerializerOptions.GetTypeInfo(typeof(StatusReport));
        var components = _config.Components.Values;
        _uptimes = new DayUptimes(metrics, [.. components.SelectMany(one => one.Services).Distinct()], [.. components.SelectMany(one => one.Parts).Distinct()]);
        _answers = new SharedAnswer<StatusAnswers>(MakeAsync, _config.Refresh.Value, time);
    }

    /// <summary>Whether the configuration wants the page.</summary>
    public bool IsEnabled => _config.Enabled;

    /// <summary>How long an answer is kept.</summary>
    public TimeSpan Keep => _config.Refresh.Value;

    /// <summary>Returns the page and its JSON, made now or before.</summary>
    /// <exception cref="IOException">The incidents cannot be read.</exception>
    public Task<StatusAnswers> GetAsync(CancellationToken cancellationToken) => _answers.GetAsync(cancellationToken);

    /// <summary>Forgets what was made, since something of it must no longer be shown.</summary>
    public void Expire() => _answers.Expire();

    async Task<StatusAnswers> MakeAsync()
    {
        var now = _time.GetUtcNow();
        var days = await _uptimes.ReadAsync(_config.Days, now);
        var levels = _config.Components.ToDictionary(one => one.Key, one => LevelOf(one.Value), StringComparer.Ordinal);
        List<StatusComponent> components = [.. _config.Components.Select(one => ComponentOf(one.Key, one.Value, levels[one.Key], days))];
        var since = (now - s_shown).ToUnixTimeMilliseconds();
        var incidents = _alerting.Alerts.WithIncidents(store => store.Public(since, MaxIncidents, MaxUpdates));
        var report = new StatusReport(_config.Title, NameOf(levels.Count == 0 ? null : levels.Values.Max()), now, components, [.. incidents.Select(IncidentOf)]);
        return new StatusAnswers(Answer.Of(JsonSerializer.SerializeToUtf8Bytes(report, _json)), Answer.Of(StatusPage.Render(report)));
    }

    ServiceLevel? LevelOf(StatusComponentConfig component) => component.Services.Select(service => _health.Services.Find(service)?.Record)
        .Concat(_health.Parts.Where(part => component.HasPart(part.Key)).Select(part => part.Value))
        .Max(record => record?.Last?.Level);

    static StatusComponent ComponentOf(string name, StatusComponentConfig component, ServiceLevel? level, IReadOnlyList<DayUptime> days)
    {
        List<(DateOnly Day, double? Uptime)> uptimes =
        [
            .. days.Select(day => (day.Day, component.Services.Where(day.Services.ContainsKey).Select(service => (double?)day.Services[service])
                .Concat(day.Parts.Where(part => component.HasPart(part.Key)).Select(part => (double?)part.Value)).Min())),
        ];
        return new StatusComponent(name, NameOf(level), Percent(uptimes.Average(day => day.Uptime)),
            [.. uptimes.Select(day => new StatusDay(day.Day, Percent(day.Uptime)))]);
    }

    StatusIncident IncidentOf(PublicIncident incident) => new(
        HeadingOf(incident.First.Text), incident.State >= IncidentState.Resolved ? "resolved" : "ongoing",
        TimeOf(incident.StartedAt), incident.ResolvedAt is { } resolved ? TimeOf(resolved) : null,
        [.. _config.Components.Where(one => incident.Affected.Any(name => IsOf(one.Key, one.Value, name))).Select(one => one.Key)],
        [.. incident.Updates.Select(update => new StatusUpdate(TimeOf(update.At), update.Text))]);

    static string HeadingOf(string text)
    {
        var heading = text.AsSpan().Trim();
        heading = heading[..(heading.IndexOfAny('\r', '\n') is >= 0 and var end ? end : heading.Length)].TrimEnd();
        return heading.Length <= MaxHeading ? heading.ToString()
            : $"{heading[..(char.IsHighSurrogate(heading[MaxHeading - 1]) ? MaxHeading - 1 : MaxHeading)]}…";
    }

    static bool IsOf(string name, StatusComponentConfig component, string affected) =>
        affected == name || component.Services.Contains(affected) || component.HasPart(affected);

    static DateTimeOffset TimeOf(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    // Down, so that a short outage is not shown as 100.
    static double? Percent(double? share) => share is { } value ? Math.Floor(Math.Round(value * 100_000, 3)) / 1000 : null;

    static string NameOf(ServiceLevel? level) => level switch
    {
        ServiceLevel.Healthy => "operational",
        ServiceLevel.Degraded => "degraded",
        ServiceLevel.Unhealthy => "outage",
        _ => "unknown",
    };
}

/// <summary>The status in both forms.</summary>
sealed record StatusAnswers(Answer Json, Answer Page);

/// <summary>A body with its entity tag.</summary>
sealed record Answer(byte[] Body, string Tag)
{
    public static Answer Of(byte[] body) => new(body, $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 8))}\"");
}
