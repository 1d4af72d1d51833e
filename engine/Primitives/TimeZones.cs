using System.Diagnostics.CodeAnalysis;

namespace CartRecovery.Primitives;

/// <summary>Finds time zones by their IANA names.</summary>
public static class TimeZones
{
    /// <summary>Finds a zone by name. <c>UTC</c> works even on machines without time zone data.</summary>
    public static bool TryFind(string id, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = TimeZoneInfo.Utc;
        return id == "UTC" || (id.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(id, out zone));
    }
}
