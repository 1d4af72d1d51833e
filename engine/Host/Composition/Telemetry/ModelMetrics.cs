using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>Declares the metrics of models.</summary>
static class ModelMetrics
{
    /// <summary>Declares them.</summary>
    public static void Declare(MetricRegistry registry, EngineHost host)
    {
        registry.Counter("cartrecovery_predictions_total", "Feature rows scored", ["model"], () => ByVersion(host, traffic => traffic.Rows));
        registry.Counter("cartrecovery_prediction_runs_total", "Model runs; one run scores a batch of rows", ["model"], () => ByVersion(host, traffic => traffic.Runs));
        registry.Counter("cartrecovery_prediction_failures_total", "Model runs that failed; the model was stopped", ["model"],
            () => ByVersion(host, traffic => traffic.Failures));
        registry.Gauge("cartrecovery_model_stopped", "1 if the model is no longer used because it failed or was too slow", ["alias", "model"],
            () => host.Serving.Models.Select(served => new Sample(served.Fault is null ? 0 : 1, served.Alias, served.Id)));
        registry.Counter("cartrecovery_shadow_rows_total", "Rows that a shadow scored beside the champion", ["model"], () => ByShadow(host, (_, result) => result.Rows));
        registry.Counter("cartrecovery_shadow_dropped_total", "Sampled rows that were dropped because the shadow was behind", ["model"],
            () => ByShadow(host, (shadow, _) => shadow.Dropped));
        registry.Gauge("cartrecovery_shadow_score_difference", "Mean absolute difference of a shadow's scores from the champion's on the same rows", ["model"],
            () => ByShadow(host, (_, result) => result.MeanDifference));
        registry.Gauge("cartrecovery_shadow_score_stability_index", "Population stability index of a shadow's scores against the champion's on the same rows", ["model"],
            () => ByShadow(host, (_, result) => result.StabilityIndex));
    }

    static IEnumerable<Sample> ByVersion(EngineHost host, Func<ModelTraffic, long> count) =>
        host.ModelTraffic.All.Select(version => new Sample(count(version.Traffic), version.Id));

    static IEnumerable<Sample> ByShadow(EngineHost host, Func<ShadowModel, ScoreComparisonResult, double> value) =>
        host.Serving.Shadows.Select(shadow => new Sample(value(shadow, shadow.Comparison.Snapshot()), shadow.Served.Id));
}
