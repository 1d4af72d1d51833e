namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>Something that happened.</summary>
/// <param name="Time">When, in milliseconds since 1970 UTC.</param>
/// <param name="TimeEnd">When it ended; the same for a moment.</param>
/// <param name="IsRegion">Whether it lasted.</param>
/// <param name="Title">What it is.</param>
/// <param name="Text">More about it.</param>
/// <param name="Tags">What kind of thing it is.</param>
sealed record GrafanaAnnotation(long Time, long TimeEnd, bool IsRegion, string Title, string Text, IReadOnlyList<string> Tags);
