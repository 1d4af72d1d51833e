using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Host.Api.Alerts;

namespace CartRecovery.Host.Api.Incidents;

/// <summary>An entry of a timeline.</summary>
/// <param name="Number">The number in the timeline, from 1.</param>
/// <param name="At">When.</param>
/// <param name="Kind">`state`, `alert`, `note`, `public` (on the status page), `withdrawn` (was there), `deploy`, `configuration` or `change`.</param>
/// <param name="Who">Who; null for the engine.</param>
/// <param name="Text">What happened.</param>
sealed record IncidentEntryItem(long Number, DateTimeOffset At, string Kind, string? Who, string Text)
{
    /// <summary>Describes an entry.</summary>
    public static IncidentEntryItem Of(IncidentEntry entry) => new(entry.Number, AlertIds.Time(entry.At), entry.Kind, entry.Who, entry.Text);
}
