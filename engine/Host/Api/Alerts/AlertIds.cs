using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>Ids, names and times of alerts in answers.</summary>
static class AlertIds
{
    /// <summary>The id of a file's rule: a UUID made of the group's file and name, and the rule's name.</summary>
    public static string OfRule(string key) => AlertOccurrence.IdOf(SeriesLabels.Of([new("rule", key)]), 0);

    /// <summary>The name of a state.</summary>
    public static string NameOf(AlertState state) => state switch { AlertState.Firing => "firing", AlertState.Pending => "pending", _ => "inactive" };

    /// <summary>A time.</summary>
    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, 0, 253_402_300_799_999));

    /// <summary>The time of a request, in milliseconds since the Unix epoch.</summary>
    public static long Now(HttpContext context) => context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Labels as a map, in order.</summary>
    public static IReadOnlyDictionary<string, string> Map(SeriesLabels labels) => labels.ToDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal);
}
