using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Learning;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Retraining;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Learning;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Jobs;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Learning;

/// <summary>
/// Trains a candidate on the shop's own journal, and registers it if it beats the champion on the newest week: as a shadow, never as the champion.
/// Until there is enough data, the configured model stays.
/// </summary>
/// <param name="host">The engine.</param>
/// <param name="insights">Stores reports.</param>
/// <param name="log">Receives the outcome.</param>
sealed partial class Retraining(EngineHost host, InsightStore insights, ILogger log)
{
    /// <summary>The job.</summary>
    public const string Job = "retrain";

    /// <summary>The alias of the candidate that scores beside the champion. <c>shadow</c> is left to people.</summary>
    public const string Alias = $"{ModelAlias.Shadow}-trained";

    /// <summary>The source of versions that it registers.</summary>
    public const string Source = "training";

    /// <summary>Memory of a training, in bytes: the rows, copies of them, and the trainer.</summary>
    public const long Memory = 96L << 20;

    /// <summary>Maximum number of rows of a data set.</summary>
    public const int MaxRows = 60_000;

    // Besides the rows.
    const long TrainerBytes = 32L << 20;

    // As a shadow's outcomes come from the journal, its own scores are only for the comparison that is seen at once.
    const double ShadowRate = 0.1;

    static readonly TimeSpan s_retention = TimeSpan.FromDays(365);

    long _accepted, _refused;

    /// <summary>How far back a training and an evaluation look.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromDays(28);

    /// <summary>Trainings since the start, by outcome.</summary>
    public IReadOnlyList<(string Outcome, long Count)> Trainings => [("accepted", Interlocked.Read(ref _accepted)), ("refused", Interlocked.Read(ref _refused))];

    /// <summary>Asks for a training because of drift, unless the last one began less than <c>learning.cooldown</c> ago, or the job is paused.</summary>
    /// <returns>What was done, for the log of the job that asks.</returns>
    public async Task<string> RequestAsync(DateTimeOffset now, CancellationToken stop)
    {
        var (jobs, cooldown) = (host.Jobs.Control, host.Config.Learning.Cooldown);
        if (await jobs.FindAsync(Job, stop) is not { } job || job.Settings.Paused)
        {
            return $"the job {Job} is paused: no training is asked for";
        }

        if ((await jobs.RunsAsync(job, long.MaxValue, limit: 1, stop)).FirstOrDefault() is { } last && now - (last.StartedAt ?? last.DueAt) < cooldown.Value)
        {
            return $"a training was started less than {cooldown} ago (learning.cooldown): no other is asked for";
        }

        await host.Control.WriteAsync(session => jobs.RequestAsync(session, Job, AuditEvent.Engine), stop);
        return $"asked for the job {Job}";
    }

    /// <summary>Runs the job.</summary>
    public async Task RunAsync(JobContext job, CancellationToken stop)
    {
        if (!host.Datasets.HasJournal)
        {
            job.Log("there is no journal (journal.enabled), which has the rows");
            return;
        }

        var now = job.Time.GetUtcNow();
        var (parent, learning) = (host.ServedVersion, host.Config.Learning);
        using var champion = host.Datasets.LoadModel();
        using var prior = LoadPrior(job);
        var changed = await ConceptSinceAsync(champion.Id, stop);
        job.Log($"champion: {champion.Id}");
        var options = new DatasetOptions { KnownUntil = now.ToUnixTimeMilliseconds() + 1, MaxRows = MaxRows };
        var dataset = await host.Datasets.ReadAsync(
            (now - Period).ToUnixTimeMilliseconds(), options, champion, job.Time, share => job.Progress((long)(100 * share), 100, "percent of the journal"), stop);
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"{dataset.Rows.Count} rows of {dataset.Share:P0} of the carts; {dataset.Immature} wait for their labels; without {dataset.Bots} carts of bots"));
        var run = new TrainingRun { Cancellation = stop, MaxBytes = TrainerBytes, Progress = trees => job.Progress(trees, null, "trees") };
        var result = await TrainingRun.InBackgroundAsync(() => Train(dataset, champion, prior, learning, changed, job.Log, run), stop);
        stop.ThrowIfCancellationRequested();
        var version = result is { IsAccepted: true, Model: { } bytes } ? Register(result, bytes, dataset, parent) : null;
        var report = TrainingReport.Of(now, result, champion.Id, version?.Id);
        var details = JsonSerializer.Serialize(report, ApiJson.Default.TrainingReport);
        job.Report(details);
        await insights.SaveAsync(InsightStore.Training, now, [(InsightStore.AllStores, details)], s_retention, stop);
        await job.Service<AuditLog>().RecordAsync(new AuditEvent(AuditEvent.Engine, "model.retrain", $"model:{version?.Id ?? host.ModelName}", Details: details), stop);
        if (version is null)
        {
            Interlocked.Increment(ref _refused);
            job.Log($"refused, {result.Code}: {result.Reason}");
            LogRefused(result.Code, result.Reason);
            return;
        }

        host.SetShadow(Alias, version, ShadowRate, AuditEvent.Engine, Shorten(result.Reason));
        Interlocked.Increment(ref _accepted);
        job.Log($"registered {version.Id}, and moved the alias {Alias} to it: {result.Reason}");
        LogRegistered(version.Id, champion.Id, result.Reason);
        job.Service<Notices>().TrySend($"CartRecovery: a new model, {version.Id}",
            $"{version.Id} is better than {champion.Id}: {result.Reason}\n\nIt scores as the shadow {Alias}, and decides nothing. "
            + (learning.Promote == PromotionLimit.Shadow ? "Make it the canary or the champion when you are satisfied."
                : $"It goes on by itself as far as learning.promote says ({learning.Promote.ToString().ToLowerInvariant()}). cartrecovery jobs pause {ShadowWatch.Job} stops that."));
    }

    static RetrainingResult Train(
        JournalDataset dataset, OnnxModel champion, OnnxModel? prior, LearningConfig learning, long? changed, Action<string> log, TrainingRun run)
    {
        var options = new RetrainingOptions { Excluded = learning.ReadExcluded() };
        var name = champion.Name;
        if (changed is { } since)
        {
            // Rows of the former concept teach what holds no more.
            log($"the concept has changed: rows since {DateTimeOffset.FromUnixTimeMilliseconds(since).UtcDateTime:yyyy-MM-dd HH:mm}Z");
            var recent = new Retrainer(options with { From = since }).Run(dataset, champion.Features, prior, name, log, run);
            if (recent.Code is not (RetrainingResult.TooLittleData or "too_few_rows"))
            {
                return recent;
            }

            log($"{recent.Reason} All rows are taken.");
        }

        return new Retrainer(options).Run(dataset, champion.Features, prior, name, log, run);
    }

    // What is known before the shop has rows of its own. Without it, models of the shop's rows alone compete.
    OnnxModel? LoadPrior(JobContext job)
    {
        try
        {
            return host.ModelRegistry.Find(host.ModelName, ModelAlias.Configured) is { } configured ? host.ModelRegistry.Load(configured) : null;
        }
        catch (Exception e) when (e is ModelRegistryException or Engine.Scoring.ModelException)
        {
            job.Log($"no prior: {e.Message}");
            return null;
        }
    }

    // Of the stores, the last change: rows before it are of the former concept in one of them.
    async Task<long?> ConceptSinceAsync(string champion, CancellationToken stop)
    {
        var reports = await insights.LatestAsync(InsightStore.Drift, stop);
        return reports.Values.Select(report => JsonSerializer.Deserialize(report, ApiJson.Default.DriftReport))
            .Where(report => report?.Model == champion && report.Concept.Since is not null)
            .Select(report => (long?)new DateTimeOffset(report!.Concept.Since!.Value, TimeSpan.Zero).ToUnixTimeMilliseconds()).Max();
    }

    ModelVersion Register(RetrainingResult result, byte[] bytes, JournalDataset dataset, string? parent)
    {
        var (candidate, champion) = (result.Challenge!.Candidate!, result.Challenge.Champion!);
        var window = new TrainingWindow(
            DateTimeOffset.FromUnixTimeMilliseconds(dataset.Rows[0].At), DateTimeOffset.FromUnixTimeMilliseconds(dataset.Rows[^1].At + 1));
        return host.ModelRegistry.Add(new NewModel(bytes)
        {
            Name = host.ModelName,
            Source = Source,
            Metrics = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["auc"] = candidate.Auc,
                ["average_precision"] = candidate.AveragePrecision,
                ["log_loss"] = candidate.LogLoss,
                ["brier"] = candidate.Brier,
                ["calibration_error"] = candidate.CalibrationError,
                ["champion_auc"] = champion.Auc,
                ["champion_log_loss"] = champion.LogLoss,
                ["rows"] = dataset.Rows.Count,
            },
            Window = window,
            DataHash = result.DataHash,
            Parent = parent,
            Card = TrainingCard.Of(result, window, parent),
        }, AuditEvent.Engine).Version;
    }

    static string Shorten(string text) => text.Length <= ModelLimits.MaxText ? text : text[..ModelLimits.MaxText];

    [LoggerMessage(EventName = "model_retrained", Level = LogLevel.Information,
        Message = "The model {Version} was trained, and scores as a shadow beside {Champion}: {Reason}")]
    partial void LogRegistered(string version, string champion, string reason);

    [LoggerMessage(EventName = "model_refused", Level = LogLevel.Information, Message = "A model was trained and refused, or could not be trained ({Code}): {Reason}")]
    partial void LogRefused(string code, string reason);
}
