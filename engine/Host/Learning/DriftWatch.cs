using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Drift;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Insights;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Jobs;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Learning;

/// <summary>
/// Watches the model in force for drift: rows of the last day against a reference, and outcomes as their labels become known. The first
/// rows since the model took over are its reference, and outcomes count from there. Warns once, until a verdict changes, and asks for a training. It never changes which model serves.
/// </summary>
/// <param name="host">The engine.</param>
/// <param name="insights">Stores reports and references.</param>
/// <param name="log">Receives the warnings.</param>
sealed partial class DriftWatch(EngineHost host, InsightStore insights, ILogger log)
{
    /// <summary>A verdict: no drift, or too few rows to say.</summary>
    public const string None = "none", Unknown = "unknown";

    /// <summary>A verdict, and a kind of the metric: what has drifted.</summary>
    public const string Features = "features", Score = "score", Concept = "concept";

    // Fewer rows than this, one for each cart, make neither a reference nor a comparison.
    const int MinRows = 100;

    // A feature that is tested, and the score, are one test each.
    const string ScoreName = "score";

    static readonly TimeSpan s_day = TimeSpan.FromDays(1), s_period = TimeSpan.FromDays(28), s_reference = TimeSpan.FromDays(8), s_retention = TimeSpan.FromDays(90),
        s_referenceRetention = TimeSpan.FromDays(3650);

    IReadOnlyList<DriftReport> _latest = [];
    readonly HashSet<(string Store, string Verdict)> _warned = [];

    /// <summary>The kinds of drift.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [Features, Score, Concept];

    /// <summary>Returns the number of stores with a kind of drift when the job last ran.</summary>
    public int StoresWith(string kind) => Volatile.Read(ref _latest).Count(report => kind switch
    {
        Features => report.Features.Any(feature => feature.HasDrifted),
        Score => report.Score is { HasDrifted: true },
        _ => report.Concept.Since is not null,
    });

    /// <summary>Runs the job.</summary>
    public async Task RunAsync(JobContext job, CancellationToken stop)
    {
        if (!host.Datasets.HasJournal)
        {
            job.Log("there is no journal (journal.enabled), which has the rows");
            return;
        }

        var version = host.ServedVersion;
        using var model = host.Datasets.LoadModel();
        var now = job.Time.GetUtcNow();
        var options = new DatasetOptions { KnownUntil = now.ToUnixTimeMilliseconds() + 1, RowsPerCart = 1, KeepsUnlabelled = true, Seed = (ulong)now.ToUnixTimeSeconds() };
        var dataset = await host.Datasets.ReadAsync((now - s_period).ToUnixTimeMilliseconds(), options, model, job.Time, share => job.Progress((long)(100 * share), 100, "percent"), stop);
        var references = await insights.LatestAsync(InsightStore.DriftReference, stop);

        // What came before is what the model was made of, or what another one had decided on.
        var since = host.ModelRegistry.Aliases(host.ModelName).FirstOrDefault(alias => alias.Name == ModelAlias.Champion && alias.Version == version)?.At.ToUnixTimeMilliseconds() ?? 0;
        var (reports, recorded) = (new List<(string Store, DriftReport Report)>(), new List<(string Store, string Json)>());
        foreach (var store in host.Stores.Stores)
        {
            JournalRow[] rows = [.. dataset.Rows.Where(row => row.Store == store.Number && row.ReceivedAt >= since)];
            var reference = references.TryGetValue(store.Id, out var json) ? JsonSerializer.Deserialize(json, ApiJson.Default.DriftReference) : null;
            if (reference is null || !reference.IsOf(model.Id, version))
            {
                reference = ReferenceOf(model, version, rows, now);
                if (reference is not null)
                {
                    recorded.Add((store.Id, JsonSerializer.Serialize(reference, ApiJson.Default.DriftReference)));
                    job.Log(string.Create(CultureInfo.InvariantCulture, $"{store.Id}: recorded the reference of {model.Id}, {reference.Bins[0].Total} rows"));
                }
            }

            if (reference is not null)
            {
                reports.Add((store.Id, Compare(model, reference, rows, now)));
            }
        }

        await insights.SaveAsync(InsightStore.DriftReference, now, recorded, s_referenceRetention, stop);
        await insights.SaveAsync(InsightStore.Drift, now, [.. reports.Select(one => (one.Store, JsonSerializer.Serialize(one.Report, ApiJson.Default.DriftReport)))], s_retention, stop);
        Volatile.Write(ref _latest, [.. reports.Select(one => one.Report)]);
        if (Warn(job, reports))
        {
            job.Log(await host.Retraining.RequestAsync(now, stop));
        }

        job.Log(string.Create(CultureInfo.InvariantCulture, $"{dataset.Rows.Count} rows of {dataset.Share:P0} of the carts, without those of {dataset.Bots} bots; {reports.Count} stores compared with their reference"));
    }

    static DriftReference? ReferenceOf(OnnxModel model, string? version, JournalRow[] rows, DateTimeOffset now)
    {
        JournalRow[] former = [.. rows.Where(row => row.ReceivedAt >= (now - s_reference).ToUnixTimeMilliseconds())];
        return former.Length < MinRows ? null
            : new DriftReference(
                now.UtcDateTime, model.Id, [.. Columns(model).Select(column => DriftBins.Of(column.Name, ValuesOf(former, column.Index)))], version);
    }

    static DriftReport Compare(OnnxModel model, DriftReference reference, JournalRow[] rows, DateTimeOffset now)
    {
        JournalRow[] recent = [.. rows.Where(row => row.ReceivedAt >= (now - s_day).ToUnixTimeMilliseconds())];
        var findings = recent.Length < MinRows ? []
            : Columns(model).Select((column, i) => DriftTest.Compare(reference.Bins[i], reference.Bins[i].Count(ValuesOf(recent, column.Index)), reference.Bins.Count)).ToList();
        var concept = ConceptOf(rows);
        var score = findings.Count == 0 ? null : findings[^1];
        DriftFinding[] features = [.. findings.SkipLast(1)];
        var verdict = concept.Since is not null ? Concept : score is { HasDrifted: true } ? Score : features.Any(feature => feature.HasDrifted) ? Features
            : score is null ? Unknown : None;
        return new DriftReport(now.UtcDateTime, model.Id, verdict, reference.At, reference.Bins[0].Total, recent.Length, features, score, concept);
    }

    static ConceptReport ConceptOf(JournalRow[] rows)
    {
        var (detector, cause, since, outcomes, purchases, predicted) = (new ConceptDriftDetector(), DriftCause.None, (DateTime?)null, 0, 0, 0.0);
        foreach (var row in rows.Where(row => row.IsLabelled && !float.IsNaN(row.Score)))
        {
            outcomes++;
            purchases += row.PurchasedInSession ? 1 : 0;
            predicted += row.Score;
            if (cause == DriftCause.None && detector.Add(row.Score, row.PurchasedInSession ? 1 : 0) is not DriftCause.None and var found)
            {
                (cause, since) = (found, DateTimeOffset.FromUnixTimeMilliseconds(row.At).UtcDateTime);
            }
        }

        return new ConceptReport(outcomes, purchases, Math.Round(predicted, 3), cause.ToString().ToLowerInvariant(), since);
    }

    // Returns whether a store has drifted. What was said already is not said again.
    bool Warn(JobContext job, List<(string Store, DriftReport Report)> reports)
    {
        (string Store, DriftReport Report)[] drifted = [.. reports.Where(one => one.Report.Verdict is Features or Score or Concept)];
        _warned.IntersectWith(drifted.Select(one => (one.Store, one.Report.Verdict)));
        foreach (var (store, report) in drifted)
        {
            var what = report.Verdict switch
            {
                Concept => string.Create(CultureInfo.InvariantCulture, $"purchases no longer follow from its scores ({report.Concept.Cause}, {report.Concept.Since:yyyy-MM-dd HH:mm}Z)"),
                Score => string.Create(CultureInfo.InvariantCulture, $"its score, PSI {report.Score!.Psi:0.00}, KS {report.Score.Ks:0.00}"),
                _ => string.Join(", ", report.Features.Where(feature => feature.HasDrifted).OrderByDescending(feature => feature.Psi).Take(5)
                    .Select(feature => string.Create(CultureInfo.InvariantCulture, $"{feature.Name} (PSI {feature.Psi:0.00}, KS {feature.Ks:0.00})"))),
            };
            job.Log($"{store}: {report.Model}: {report.Verdict}: {what}");
            if (_warned.Add((store, report.Verdict)))
            {
                LogDrift(report.Model, store, what);
                job.Service<Notices>().TrySend($"CartRecovery: the model {report.Model} has drifted", $"The model {report.Model} has drifted in the store {store}: {what}\n\nGET /v1/drift has all figures.");
            }
        }

        return drifted.Length > 0;
    }

    // The model's features with their columns, then the score.
    static IEnumerable<(string Name, int Index)> Columns(OnnxModel model) => model.Features.Select(name => (name, IndexOf(name))).Append((ScoreName, -1));

    static int IndexOf(string feature) => FeatureTable.Names.TakeWhile(name => name != feature).Count();

    static float[] ValuesOf(JournalRow[] rows, int column) => Array.ConvertAll(rows, row => column < 0 ? row.Score : row.Features[column]);

    [LoggerMessage(EventName = "model_drift", Level = LogLevel.Warning, Message = "The model {Model} has drifted in the store {Store}: {What}; GET /v1/drift has all figures")]
    partial void LogDrift(string model, string store, string what);
}
