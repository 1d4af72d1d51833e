using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Learning;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Retraining;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Learning;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Models;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Learning;

/// <summary>
/// Compares shadows and the canary with the champion on the same carts and their outcomes. A shadow that the engine trained is withdrawn if it is
/// worse, and becomes the canary if it holds and <c>learning.promote</c> permits; guardrails do the rest.
/// </summary>
/// <param name="host">The engine.</param>
/// <param name="insights">Stores reports.</param>
/// <param name="log">Receives what was done.</param>
sealed partial class ShadowWatch(EngineHost host, InsightStore insights, ILogger log)
{
    /// <summary>The job.</summary>
    public const string Job = "shadow-evaluation";

    static readonly TimeSpan s_retention = TimeSpan.FromDays(365);

    readonly long[] _verdicts = new long[3];

    /// <summary>Evaluations since the start, by verdict.</summary>
    public IReadOnlyList<(string Verdict, long Count)> Verdicts =>
        [.. Enum.GetValues<ShadowVerdict>().Select(verdict => (EvaluationReport.NameOf(verdict), Interlocked.Read(ref _verdicts[(int)verdict])))];

    /// <summary>Runs the job.</summary>
    public async Task RunAsync(JobContext job, CancellationToken stop)
    {
        var (now, served) = (job.Time.GetUtcNow(), host.ServedVersion);
        ModelAlias[] aliases = [.. host.ModelRegistry.Aliases(host.ModelName)
            .Where(alias => (ServingSettings.IsShadow(alias.Name) || alias.Name == ModelAlias.Canary) && alias.Version != served)];
        if (!host.Datasets.HasJournal || aliases.Length == 0)
        {
            job.Log(host.Datasets.HasJournal ? "there is neither a shadow nor a canary" : "there is no journal (journal.enabled), which has the rows");
            return;
        }

        var from = Math.Max(aliases.Min(alias => alias.At.ToUnixTimeMilliseconds()), (now - Retraining.Period).ToUnixTimeMilliseconds());
        using var champion = host.Datasets.LoadModel();
        var options = new DatasetOptions { KnownUntil = now.ToUnixTimeMilliseconds() + 1, MaxRows = Retraining.MaxRows };
        var dataset = await host.Datasets.ReadAsync(from, options, champion, job.Time, share => job.Progress((long)(100 * share), 100, "percent of the journal"), stop);
        var retraining = new RetrainingOptions { Excluded = host.Config.Learning.ReadExcluded() };
        var reports = new List<EvaluationReport>();
        foreach (var alias in aliases)
        {
            JournalRow[] rows = [.. dataset.Rows.Where(row => row.IsLabelled && float.IsFinite(row.Score) && row.ReceivedAt >= alias.At.ToUnixTimeMilliseconds() && !retraining.IsExcluded(row.At))];
            try
            {
                reports.Add(await EvaluateAsync(job, alias, champion.Id, rows, retraining, now, stop));
            }
            catch (Exception e) when (e is ModelRegistryException or Engine.Scoring.ModelException)
            {
                job.Log($"{alias.Name}: {e.Message}");
            }
        }

        var json = JsonSerializer.Serialize(new EvaluationRun(now.UtcDateTime, reports), ApiJson.Default.EvaluationRun);
        await insights.SaveAsync(InsightStore.ShadowEvaluation, now, [(InsightStore.AllStores, json)], s_retention, stop);
    }

    async Task<EvaluationReport> EvaluateAsync(
        JobContext job, ModelAlias alias, string champion, JournalRow[] rows, RetrainingOptions options, DateTimeOffset now, CancellationToken stop)
    {
        var (result, shift) = await TrainingRun.InBackgroundAsync(() => Compare(alias, rows, options, stop), stop);
        stop.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _verdicts[(int)result.Verdict]);
        var action = alias.Name == Retraining.Alias ? await ActAsync(job, alias, result, shift, rows, now) : EvaluationReport.None;
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"{alias.Name}, {alias.Version}: {EvaluationReport.NameOf(result.Verdict)} on {rows.Length} rows ({action}): {result.Reason}"));
        DateTime? first = rows.Length == 0 ? null : TimeOf(rows[0]), last = rows.Length == 0 ? null : TimeOf(rows[^1]);
        return new EvaluationReport(
            now.UtcDateTime, alias.Name, alias.Version, champion, first, last, EvaluationReport.NameOf(result.Verdict), result.Reason, action, Math.Round(shift, 4),
            EvaluationSegment.Of("all", result.Rows, result.Shadow, result.Champion, result.Gain),
            [.. result.Segments.Select(segment => EvaluationSegment.Of(segment.Name, segment.Rows, segment.Shadow, segment.Champion, segment.Gain))]);
    }

    (ShadowResult Result, double Shift) Compare(ModelAlias alias, JournalRow[] rows, RetrainingOptions options, CancellationToken stop)
    {
        using var model = host.ModelRegistry.Load(host.ModelRegistry.Find(alias.Version));
        var scores = ShadowEvaluation.Score(rows, model, stop);
        var comparison = new ScoreComparison();
        comparison.Add([.. rows.Select(row => row.Score)], scores);
        return (ShadowEvaluation.Evaluate(rows, scores, options), comparison.Snapshot().StabilityIndex);
    }

    // Only what the engine itself made a shadow is moved; what a person set stays.
    async Task<string> ActAsync(JobContext job, ModelAlias alias, ShadowResult result, double shift, JournalRow[] rows, DateTimeOffset now)
    {
        var learning = host.Config.Learning;
        if (result.Verdict == ShadowVerdict.Worse || now - alias.At > Retraining.Period)
        {
            var why = result.Verdict == ShadowVerdict.Worse ? result.Reason : $"undecided after {Retraining.Period.TotalDays:0} days: {result.Reason}";
            host.RemoveShadow(alias.Name, AuditEvent.Engine);
            LogWithdrawn(alias.Version, why);
            await RecordAsync(job, "model.shadow.withdrawn", alias.Version, why);
            job.Service<Notices>().TrySend($"CartRecovery: the model {alias.Version} was withdrawn", $"As a shadow, {alias.Version} did not hold: {why}\n\nThe champion goes on.");
            return EvaluationReport.Withdrawn;
        }

        var seen = rows.Length == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(rows[^1].ReceivedAt - alias.At.ToUnixTimeMilliseconds());
        if (result.Verdict != ShadowVerdict.Holds || learning.Promote == PromotionLimit.Shadow || seen < learning.ShadowFor.Value || host.ServingSettings.Canary is not null)
        {
            return EvaluationReport.None;
        }

        var share = host.CanaryPolicy.Steps[0];
        var version = host.ModelRegistry.Find(alias.Version);
        host.SetCanary(version, share, learning.Promote == PromotionLimit.Champion, AuditEvent.Engine, "its outcomes as a shadow hold", shift);
        host.RemoveShadow(alias.Name, AuditEvent.Engine);
        LogCanary(alias.Version, share, result.Reason);
        await RecordAsync(job, "model.canary", alias.Version, result.Reason);
        return EvaluationReport.Canary;
    }

    static Task RecordAsync(JobContext job, string action, string version, string reason) => job.Service<AuditLog>().RecordAsync(
        new AuditEvent(AuditEvent.Engine, action, $"model:{version}", Details: new JsonObject { ["reason"] = reason }.ToJsonString()));

    static DateTime TimeOf(JournalRow row) => DateTimeOffset.FromUnixTimeMilliseconds(row.At).UtcDateTime;

    [LoggerMessage(EventName = "model_shadow_withdrawn", Level = LogLevel.Warning, Message = "The shadow {Version} was withdrawn: {Reason}")]
    partial void LogWithdrawn(string version, string reason);

    [LoggerMessage(EventName = "model_shadow_promoted", Level = LogLevel.Information, Message = "The shadow {Version} is the canary of {Percent}% of the shoppers: {Reason}")]
    partial void LogCanary(string version, double percent, string reason);
}
