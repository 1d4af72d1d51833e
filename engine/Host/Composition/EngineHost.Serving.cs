using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Api;
using CartRecovery.Host.Models;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>
/// The canary and the shadows: the registry's aliases say which versions, <see cref="ServingSettings"/> says for how much. Guardrails judge the canary on a timer.
/// </content>
sealed partial class EngineHost : IServingControl
{
    static readonly TimeSpan s_canaryInterval = TimeSpan.FromSeconds(5);

    ITimer? _canaryTimer;
    string? _plannedChampion;
    long _cartsAtStep;

    /// <inheritdoc/>
    public ServingSettings ServingSettings { get; private set; } = ServingSettings.None;

    /// <inheritdoc/>
    public CanaryVerdict? CanaryVerdict { get; private set; }

    /// <inheritdoc/>
    public CanaryPolicy CanaryPolicy { get; init; } = new();

    /// <inheritdoc/>
    public void SetCanary(ModelVersion? version, double percent, bool isAutomatic, string by, string why, double? scoreShift = null)
    {
        lock (_applying)
        {
            CheckRunning();
            var id = version?.Id ?? ServingSettings.Canary?.Version
                ?? throw new ModelRegistryException(ModelRegistryException.NoAlias, $"{ModelName} has no canary. Name a version.");
            if (id == ServedVersion)
            {
                throw new ModelRegistryException(ModelRegistryException.InUse, $"{id} is the champion already.");
            }

            var isSame = ServingSettings.Canary?.Version == id;
            var canary = new CanarySettings(id, percent, isAutomatic, ServedVersion ?? Model.Id, isSame ? ServingSettings.Canary!.Since : Time.GetUtcNow(), by,
                scoreShift ?? (isSame ? ServingSettings.Canary!.ScoreShift : null));
            ChangeServing(ServingSettings with { Canary = canary }, new ModelMove(ModelName, ModelAlias.Canary, id, by, why));
        }
    }

    /// <inheritdoc/>
    public void EndCanary(bool isPromoted, string by, string why)
    {
        lock (_applying)
        {
            CheckRunning();
            EndCanary(isPromoted ? CanaryAction.Promote : CanaryAction.Wait, "by_hand", why, by);
        }
    }

    /// <inheritdoc/>
    public void SetShadow(string alias, ModelVersion? version, double rate, string by, string why)
    {
        lock (_applying)
        {
            CheckRunning();
            var id = version?.Id ?? ModelRegistry.Find(ModelName, alias)?.Id
                ?? throw new ModelRegistryException(ModelRegistryException.NoAlias, $"{ModelName} has no alias '{alias}'. Name a version.");
            if (Serving.Shadows.Length == ServingPlan.MaxShadows && Serving.Shadows.All(shadow => shadow.Served.Alias != alias))
            {
                throw new ModelRegistryException(ModelRegistryException.Full, $"There are {ServingPlan.MaxShadows} shadows. Remove one.");
            }

            ChangeServing(ServingSettings with { Shadows = ServingSettings.Shadows.SetItem(alias, rate) }, new ModelMove(ModelName, alias, id, by, why));
        }
    }

    /// <inheritdoc/>
    public void RemoveShadow(string alias, string by)
    {
        lock (_applying)
        {
            CheckRunning();
            ChangeServing(ServingSettings with { Shadows = ServingSettings.Shadows.Remove(alias) }, new ModelMove(ModelName, alias, Version: null, by, "removed"));
        }
    }

    // The alias is moved last: it checks the version, and until then nothing has changed.
    void ChangeServing(ServingSettings settings, ModelMove move)
    {
        ModelRegistry.Move(move);
        settings.Write(_data.Files.Models);
        ServingSettings = settings;
        FollowServing();
        AnnounceMoves();
    }

    void CheckRunning()
    {
        if (_stopped)
        {
            throw new ModelRegistryException(ModelRegistryException.Busy, "The engine is stopping.");
        }
    }

    void StartServing()
    {
        try
        {
            ServingSettings = ServingSettings.Read(_data.Files.Models);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            LogServingUnreadable(e.Message);
        }

        lock (_applying)
        {
            TryFollowServing();
        }

        _canaryTimer = Time.CreateTimer(_ => JudgeCanary(), state: null, s_canaryInterval, s_canaryInterval);
    }

    // Whatever is wrong with the registry's files, the champion serves.
    void TryFollowServing()
    {
        try
        {
            FollowServing();
        }
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotServed(ModelAlias.Canary, e.Message);
        }
    }

    // Plans what the aliases and the settings say, with the models in force where they are the same. What cannot be loaded does not serve.
    void FollowServing()
    {
        var isSameChampion = _plannedChampion == Model.Id;
        _plannedChampion = Model.Id;
        RecordChampion();
        var plan = new ServingPlan(Serving.Champion, PlanCanary(isSameChampion), PlanShadows(isSameChampion), Serving.Named);
        if (plan.Canary == Serving.Canary && plan.Shadows.SequenceEqual(Serving.Shadows))
        {
            return;
        }

        if (plan.Canary != Serving.Canary)
        {
            (_cartsAtStep, CanaryVerdict) = (plan.Canary?.Outcomes!.Snapshot().Canary.Carts ?? 0, null);
        }

        var options = JourneyOptionsOf(Config.Decisions, Config.Contact, Stores, serving: plan);
        Serve(plan);
        Update(options);
    }

    // A champion that somebody moved meanwhile is what the canary is compared with, and rolled back to, from then on.
    void RecordChampion()
    {
        var champion = ServedVersion ?? Model.Id;
        if (ServingSettings.Canary is { } canary && canary.Champion != champion && canary.Version != champion)
        {
            ServingSettings = ServingSettings with { Canary = canary with { Champion = champion } };
            ServingSettings.Write(_data.Files.Models);
        }
    }

    CanaryModel? PlanCanary(bool isSameChampion)
    {
        if (ServingSettings.Canary is not { Percent: > 0 } settings || Find(ModelAlias.Canary) is not { } version
            || version.Id != settings.Version || version.Id == ServedVersion)
        {
            return null;
        }

        var present = isSameChampion && Serving.Canary is { } canary && canary.Served.Model.Id == version.Manifest.ServedAs ? canary : null;
        return present?.Percent == settings.Percent ? present
            : ServedOf(version, ServingPlan.CanaryAlias, present?.Served ?? Serving.Canary?.Served) is not { } served ? null
            : new CanaryModel(served, settings.Percent, present?.Outcomes ?? new CanaryOutcomes(CanaryPolicy.Horizon, CanaryPolicy.Alpha));
    }

    ImmutableArray<ShadowModel> PlanShadows(bool isSameChampion)
    {
        var shadows = ImmutableArray.CreateBuilder<ShadowModel>();
        foreach (var alias in ModelRegistry.Aliases(ModelName).Where(alias => ServingSettings.IsShadow(alias.Name)).Take(ServingPlan.MaxShadows))
        {
            var rate = ServingSettings.Shadows.GetValueOrDefault(alias.Name, ServingSettings.DefaultRate);
            var present = Serving.Shadows.FirstOrDefault(shadow => shadow.Served.Alias == alias.Name);
            if (Find(alias.Name) is { } version && ServedOf(version, alias.Name, present?.Served) is { } served)
            {
                shadows.Add(isSameChampion && present is not null && present.Served == served && present.Rate == rate ? present : new ShadowModel(served, rate));
            }
        }

        return shadows.ToImmutable();
    }

    ModelVersion? Find(string alias)
    {
        try
        {
            return ModelRegistry.Find(ModelName, alias);
        }
        catch (ModelRegistryException e)
        {
            LogNotServed(alias, e.Message);
            return null;
        }
    }

    ServedModel? ServedOf(ModelVersion version, string alias, ServedModel? present)
    {
        if (present?.Model.Id == version.Manifest.ServedAs && present.Fault is null)
        {
            return present;
        }

        try
        {
            return ServedAs(ModelRegistry.Load(version), alias);
        }
        catch (Exception e) when (e is ModelRegistryException or ModelException or IOException or UnauthorizedAccessException)
        {
            LogNotServed(alias, e.Message);
            return null;
        }
    }

    // Off the hot path; an exchange of models is between two batches.
    void JudgeCanary()
    {
        try
        {
            lock (_applying)
            {
                if (_stopped || ServingSettings.Canary is not { } settings || Serving.Canary is not { Outcomes: { } outcomes } canary)
                {
                    return;
                }

                outcomes.Advance(Time.GetUtcNow().ToUnixTimeMilliseconds());
                var verdict = new CanaryGuard(CanaryPolicy.Allowing(settings.ScoreShift)).Judge(canary, Serving.Champion, outcomes.Snapshot(canary.Dropped), _cartsAtStep);
                CanaryVerdict = verdict;
                if (verdict.Action == CanaryAction.RollBack || (settings.IsAutomatic && verdict.Action == CanaryAction.Promote))
                {
                    EndCanary(verdict.Action, verdict.Reason, verdict.Text, AuditEvent.Engine);
                }
                else if (settings.IsAutomatic && verdict.Action == CanaryAction.StepUp)
                {
                    var next = ServingSettings with { Canary = settings with { Percent = verdict.Percent } };
                    next.Write(_data.Files.Models);
                    ServingSettings = next;
                    FollowServing();
                    LogCanary(settings.Version, $"{verdict.Percent}%", verdict.Text);
                    Record("model.canary", settings.Version, new JsonObject { ["percent"] = verdict.Percent, ["text"] = verdict.Text });
                }
            }
        }
#pragma warning disable CA1031 // A timer's exception would end the process. The canary is judged again at the next.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotServed(ModelAlias.Canary, e.Message);
        }
    }

    void EndCanary(CanaryAction action, string reason, string text, string by)
    {
        var canary = ServingSettings.Canary ?? throw new ModelRegistryException(ModelRegistryException.NoAlias, $"{ModelName} has no canary.");
        var outcome = action switch { CanaryAction.Promote => "promoted", CanaryAction.RollBack => "rolled_back", _ => "removed" };
        if (action == CanaryAction.RollBack)
        {
            // Whatever becomes of the files: the champion decides from the next batch on.
            Serving.Canary?.Served.Stop($"{reason}: {text}");
        }

        var why = Shorten($"{outcome.Replace('_', ' ')}: {reason}: {text}");
        if (action == CanaryAction.Promote)
        {
            MoveChampion(new ModelMove(ModelName, ModelAlias.Champion, canary.Version, by, why) { Expected = canary.Champion }, canary.Version);
        }

        var end = new CanaryEnd(canary.Version, ServedVersion ?? Model.Id, outcome, reason, text, Time.GetUtcNow(), by);
        ChangeServing(ServingSettings with { Canary = null, LastCanary = end }, new ModelMove(ModelName, ModelAlias.Canary, Version: null, by, why));
        LogCanary(canary.Version, outcome, $"{reason}: {text}");
        if (by == AuditEvent.Engine)
        {
            Record($"model.canary.{outcome}", canary.Version, new JsonObject { ["champion"] = end.Champion, ["reason"] = reason, ["text"] = text });
        }
    }

    void Record(string action, string version, JsonObject details) =>
        _ = Audit.RecordDoneAsync(new AuditEvent(AuditEvent.Engine, action, $"model:{version}", Details: details.ToJsonString()));

    static string Shorten(string text) => text.Length <= ModelLimits.MaxText ? text : text[..ModelLimits.MaxText];

    [LoggerMessage(EventName = "model_canary", Level = LogLevel.Warning, Message = "The canary {Version}: {Outcome} ({Text})")]
    partial void LogCanary(string version, string outcome, string text);

    [LoggerMessage(EventName = "model_alias_not_served", Level = LogLevel.Error, Message = "The model's alias {Alias} cannot serve: {Problem}")]
    partial void LogNotServed(string alias, string problem);

    [LoggerMessage(EventName = "model_serving_unreadable", Level = LogLevel.Error,
        Message = "serving.json beside the models cannot be read, so there is no canary: {Problem}. Set the canary and the shadows again")]
    partial void LogServingUnreadable(string problem);
}
