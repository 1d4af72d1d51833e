using System.Diagnostics.CodeAnalysis;

namespace CartRecovery.Primitives;

/// <summary>Finds time zones by their IANA names.</summary>
public static class TimeZones
{
    /// <summary>Finds the zone of a name. <c>UTC</c> is found on machines without time zone data too.</summary>
    public static bool TryFind(string id, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = TimeZoneInfo.Utc;
        return id == "UTC" || (id.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(id, out zone));
    }
}
