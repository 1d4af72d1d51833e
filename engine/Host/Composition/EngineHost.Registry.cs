using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.Journeys;
using CartRecovery.Host.Api;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>
/// The registry of models. The file that the configuration names is registered as <c>v0</c>; it becomes the champion if there is none, and
/// whenever the file changes. Any other move of the champion stays in force across restarts.
/// </content>
sealed partial class EngineHost : IModelControl
{
    // A command beside the engine may move aliases.
    static readonly TimeSpan s_modelPoll = TimeSpan.FromSeconds(1);

    readonly List<ModelAliasChange> _unrecordedMoves = [];
    ITimer? _modelTimer;

    // Guarded by _applying.
    long _modelStamp;

    /// <inheritdoc/>
    public ModelRegistry ModelRegistry { get; private set; }

    /// <inheritdoc/>
    public string ModelName { get; private set; } = "";

    /// <inheritdoc/>
    public string? ServedVersion { get; private set; }

    /// <inheritdoc/>
    public string? ModelsProblem { get; private set; }

    /// <inheritdoc/>
    public TimeSpan DecisionsKept =>
        new[] { Config.Contact.Retention.Value, Config.Journal.Retention.Value }.Max();

    /// <inheritdoc/>
    public ModelAliasChange? MoveAlias(ModelMove move)
    {
        ModelAliasChange? change;
        lock (_applying)
        {
            if (_stopped)
            {
                throw new ModelRegistryException(ModelRegistryException.Busy, "The engine is stopping.");
            }

            change = move.Name == ModelName && move.Alias == ModelAlias.Champion && move.Version is not null ? MoveChampion(move, move.Version) : ModelRegistry.Move(move);
            _modelStamp = ModelRegistry.Stamp;
            FollowServing();
        }

        if (change is not null)
        {
            Announce(change);
        }

        return change;
    }

    ModelAliasChange? MoveChampion(ModelMove move, string id)
    {
        var version = ModelRegistry.Find(id);
        if (version.Id == ServedVersion)
        {
            return ModelRegistry.Move(move);
        }

        var model = ModelRegistry.Load(version);
        var plan = Serving.With(ServedAs(model, ServingPlan.ChampionAlias));
        ModelAliasChange? change;
        JourneyOptions options;
        try
        {
            options = JourneyOptionsOf(Config.Decisions, Config.Contact, Stores, serving: plan);
            change = ModelRegistry.Move(move, isChecked: true);
        }
        catch
        {
            model.Dispose();
            throw;
        }

        Serve(plan);
        Update(options);
        Note(version.Id, problem: null);
        return change;
    }

    // The registry is set before it is used, and again by the constructor.
    (ModelRegistry Registry, OnnxModel Model) OpenModels(OnnxModel configured)
    {
        ModelRegistry = _data.Use(() => new ModelRegistry(_data.Files.Models, FeatureTable.Names, Time));
        var model = Register(configured, Config.ModelPath);
        if (model != configured)
        {
            Serving = Serving.With(ServedAs(model, ServingPlan.ChampionAlias));
        }

        ModelTraffic.Serve(Serving);
        return (ModelRegistry, model);
    }

    // Registers the configured model, and returns the champion: this model, or the version that the champion was moved to. Whatever is wrong
    // with the registry, the configured model serves. Called at the start, and when a reload has loaded another file.
    OnnxModel Register(OnnxModel configured, string path)
    {
        ModelName = Engine.Models.ModelName.Of(configured.Name);
        try
        {
            var (version, _) = ModelRegistry.Add(new NewModel(File.ReadAllBytes(path)) { Name = ModelName, Source = ModelManifest.ConfiguredSource }, AuditEvent.Engine);
            var isChanged = ModelRegistry.Find(ModelName, ModelAlias.Configured)?.Id != version.Id;

            // The champion first: after a crash in between, the file still counts as changed.
            if (isChanged || ModelRegistry.Find(ModelName, ModelAlias.Champion) is null)
            {
                MoveConfigured(ModelAlias.Champion, version.Id);
            }

            if (isChanged)
            {
                MoveConfigured(ModelAlias.Configured, version.Id);
            }

            var champion = ModelRegistry.Find(ModelName, ModelAlias.Champion)!;
            if (champion.Id == version.Id && version.Manifest.ServedAs == configured.Id)
            {
                Note(version.Id, problem: null);
                return configured;
            }

            var model = ModelRegistry.Load(champion);
            Note(champion.Id, problem: null);
            configured.Dispose();
            return model;
        }
        catch (Exception e) when (e is ModelRegistryException or ModelException or IOException or UnauthorizedAccessException)
        {
            LogChampionNotServed(e.Message, configured.Id);
            Note("", e.Message);
            return configured;
        }
        finally
        {
            _modelStamp = ModelRegistry.Stamp;
        }
    }

    void MoveConfigured(string alias, string version)
    {
        if (ModelRegistry.Move(new ModelMove(ModelName, alias, version, AuditEvent.Engine, "scoring.model")) is { } change)
        {
            _unrecordedMoves.Add(change);
        }
    }

    // Loads the champion, unless it serves. A failure is reported, and changes nothing.
    (OnnxModel Model, string Version)? LoadMovedChampion()
    {
        try
        {
            if (ModelRegistry.Find(ModelName, ModelAlias.Champion) is not { } champion || champion.Id == ServedVersion)
            {
                Note(ServedVersion ?? "", problem: null);
                return null;
            }

            return (ModelRegistry.Load(champion), champion.Id);
        }
        catch (Exception e) when (e is ModelRegistryException or ModelException or IOException or UnauthorizedAccessException)
        {
            LogChampionNotServed(e.Message, Model.Id);
            Note(ServedVersion ?? "", e.Message);
            return null;
        }
    }

    async Task StartModelsAsync()
    {
        await RecordMovesAsync();
        StartServing();
        _modelTimer = Time.CreateTimer(_ => FollowAliases(), state: null, s_modelPoll, s_modelPoll);
    }

    Task RecordMovesAsync()
    {
        var entries = _unrecordedMoves.Select(change => Audit.RecordDoneAsync(new AuditEvent(change.By, "model.alias", $"model:{ModelRegistry.NameOf(change.To!)}@{change.Alias}",
            Details: $$"""{"version":"{{change.To}}"}"""))).ToArray();
        _unrecordedMoves.Clear();
        return Task.WhenAll(entries);
    }

    // What commands beside the engine have changed.
    void FollowAliases()
    {
        try
        {
            if (ModelRegistry.Stamp == Volatile.Read(ref _modelStamp))
            {
                return;
            }

            lock (_applying)
            {
                if (_stopped)
                {
                    return;
                }

                _modelStamp = ModelRegistry.Stamp;
                if (LoadMovedChampion() is not { } champion)
                {
                    FollowServing();
                    return;
                }

                var plan = Serving.With(ServedAs(champion.Model, ServingPlan.ChampionAlias));
                var options = JourneyOptionsOf(Config.Decisions, Config.Contact, Stores, serving: plan);
                Serve(plan);
                Update(options);
                Note(champion.Version, problem: null);
                FollowServing();
            }

            LogChampionMoved($"{ModelName}@{ModelAlias.Champion}", ServedVersion ?? "", "a command");
        }
#pragma warning disable CA1031 // A timer's exception would end the process. The next change is followed again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogChampionNotServed(e.Message, Model.Id);
        }
    }

    void Note(string version, string? problem)
    {
        (ServedVersion, ModelsProblem) = (version.Length == 0 ? null : version, problem);
        try
        {
            new ServedNote(version, problem).Write(_data.Files.Models);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // For commands only: they then report that the engine has not answered.
            LogNotNoted(e.Message);
        }
    }

    void Announce(ModelAliasChange change)
    {
        if (!ModelAlias.Serves(change.Alias))
        {
            return;
        }

        LogChampionMoved($"{ModelRegistry.NameOf(change.To ?? change.From!)}@{change.Alias}", change.To ?? "nothing", change.By);
        _app.Services.GetRequiredService<Notices>().TrySend(
            $"CartRecovery: the model's alias {change.Alias} was moved",
            $"{change.Alias} is {change.To ?? "no version"} now; it was {change.From ?? "no version"}.\nMoved by {change.By}{(change.Why.Length > 0 ? $": {change.Why}" : "")}\n\n"
            + "cartrecovery models rollback moves the champion back.");
    }

    [LoggerMessage(EventName = "model_alias_moved", Level = LogLevel.Information, Message = "{Alias} is {Version} now, moved by {Actor}")]
    partial void LogChampionMoved(string alias, string version, string actor);

    [LoggerMessage(EventName = "model_champion_not_served", Level = LogLevel.Error, Message = "The champion cannot serve: {Problem}. {Model} goes on")]
    partial void LogChampionNotServed(string problem, string model);

    [LoggerMessage(EventName = "model_note_not_written", Level = LogLevel.Warning, Message = "Commands cannot see which model serves: {Problem}")]
    partial void LogNotNoted(string problem);
}
