using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Insights;

namespace CartRecovery.Host.Api.Anomalies;

/// <summary>What the jobs `drift` and `data-quality` found unusual in the stores at their latest runs.</summary>
static class StoreFindings
{
    // A job that no longer runs says nothing about today.
    static readonly TimeSpan s_newest = TimeSpan.FromDays(2);

    /// <summary>Reads the findings.</summary>
    /// <exception cref="Engine.ControlPlane.Database.ControlDatabaseException">The database failed.</exception>
    public static async Task<IReadOnlyList<AnomalyItem>> ReadAsync(InsightStore insights, DateTimeOffset now, CancellationToken cancellation)
    {
        List<AnomalyItem> found = [];
        foreach (var (store, text) in await insights.LatestAsync(InsightStore.Drift, cancellation))
        {
            var report = JsonSerializer.Deserialize(text, ApiJson.Default.DriftReport)!;
            if (report.Verdict is not ("none" or "unknown") && now.UtcDateTime - report.At < s_newest)
            {
                found.Add(Of("drift", store, report.At, $"The model {report.Model} no longer fits the store {store}: {report.Verdict}"));
            }
        }

        foreach (var (store, text) in await insights.LatestAsync(InsightStore.DataQuality, cancellation))
        {
            var report = JsonSerializer.Deserialize(text, ApiJson.Default.QualityReport)!;
            var exceeded = report.Checks.Where(check => check.Exceeded).ToList();
            if (exceeded.Count > 0 && now.UtcDateTime - report.To < s_newest)
            {
                found.Add(Of("data_quality", store, report.To, $"Events of the store {store} exceed limits: {string.Join(", ", exceeded.Select(Text))}") with { Value = exceeded[0].Percent });
            }
        }

        return found;
    }

    static string Text(Insights.QualityCheck check) => check.Percent is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{check.Name} {percent:0.#}%") : check.Name;

    static AnomalyItem Of(string kind, string store, DateTime at, string title) => new()
    {
        Id = $"{kind}-{store}",
        Kind = kind,
        Title = title,
        Severity = "warning",
        Status = "active",
        Source = store,
        DetectedAt = new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)),
    };
}
