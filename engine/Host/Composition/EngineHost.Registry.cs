using System.Runtime.CompilerServices;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.Journeys;
using CartRecovery.Host.Api;

namespace CartRecovery.Host.Composition;

/// <content>
/// The registry of models. The file that the configuration names is registered as <c>v0</c>; it becomes the champion if there is none, and
/// whenever the file changes. Any other move of the champion stays in force across restarts.
/// </content>
sealed partial class EngineHost : IModelControl
{
    // A command beside the engine may move aliases.
    static readonly TimeSpan s_modelPoll = TimeSpan.FromSeconds(1);

    // What failed is tried again after 1, 2, 4 … seconds.
    static readonly TimeSpan s_longestModelRetry = TimeSpan.FromMinutes(1);

    readonly List<ModelAliasChange> _unrecordedMoves = [];

    // Which version each model is. Known before the model serves, so that whoever has the model has its version.
    readonly ConditionalWeakTable<OnnxModel, ModelVersion> _versions = [];
    ITimer? _modelTimer;

    // Guarded by _applying.
    long _modelStamp, _publishedMoves;
    long? _announcedMoves;
    bool _isRegistered;
    TimeSpan _modelRetry;
    DateTimeOffset _modelRetryAt;

    /// <inheritdoc/>
    public ModelRegistry ModelRegistry { get; private set; }

    /// <inheritdoc/>
    public string ModelName { get; private set; } = "";

    /// <inheritdoc/>
    public string? ServedVersion { get; private set; }

    /// <inheritdoc/>
    public string? ModelsProblem { get; private set; }

    /// <inheritdoc/>
    public ModelVersion? VersionOf(OnnxModel model) => _versions.TryGetValue(model, out var version) ? version : null;

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

            change = move.Name == ModelName && move.Alias == ModelAlias.Champion && move.Version is not null
                ? MoveChampion(move, move.Version) : ModelRegistry.Move(move);
            FollowServing();
            if (move.Name == ModelName)
            {
                AnnounceMoves();
                return change;
            }
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
            var moved = ModelRegistry.Move(move);
            PublishServing(version.Id, problem: null, moved?.Number);
            return moved;
        }

        var model = ModelRegistry.Load(version);
        _versions.AddOrUpdate(model, version);
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
        PublishServing(version.Id, problem: null, change?.Number);
        return change;
    }

    // The registry is set before it is used, and again by the constructor.
    (ModelRegistry Registry, OnnxModel Model) OpenModels(OnnxModel configured)
    {
        ModelRegistry = new ModelRegistry(_data.Files.Models, FeatureTable.Names, Time);
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
        var name = Engine.Models.ModelName.Of(configured.Name);
        _isRegistered = false;
        var served = "";
        long? moves = null;
        try
        {
            _announcedMoves = ModelName == name ? _announcedMoves : ModelRegistry.Moves(name);
            ModelName = name;
            _modelStamp = ModelRegistry.Stamp;
            var version = RegisterConfigured(path);
            if (version.Manifest.ServedAs == configured.Id)
            {
                _versions.AddOrUpdate(configured, version);
                served = version.Id;
            }

            moves = ModelRegistry.Moves(name);
            var champion = ModelRegistry.Find(name, ModelAlias.Champion)!;
            if (champion.Id == served)
            {
                PublishServing(served, problem: null, moves);
                return configured;
            }

            var model = ModelRegistry.Load(champion);
            _versions.AddOrUpdate(model, champion);
            PublishServing(champion.Id, problem: null, moves);
            configured.Dispose();
            return model;
        }
#pragma warning disable CA1031 // Whatever is wrong with the registry's files, the configured model serves.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ModelName = name;
            FailServing(e, served, configured.Id, moves);
            return configured;
        }
    }

    // The stamp is older than what is read after it: a move in between is followed at the next look.
    ModelVersion RegisterConfigured(string path)
    {
        var model = new NewModel(File.ReadAllBytes(path)) { Name = ModelName, Source = ModelManifest.ConfiguredSource };
        var (version, _) = ModelRegistry.Add(model, AuditEvent.Engine);
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

        _isRegistered = true;
        return version;
    }

    void MoveConfigured(string alias, string version)
    {
        if (ModelRegistry.Move(new ModelMove(ModelName, alias, version, AuditEvent.Engine, "scoring.model")) is { } change)
        {
            _unrecordedMoves.Add(change);
        }
    }

    // Serves the champion, unless it serves. A failure is reported and tried again, and changes nothing.
    void FollowChampion()
    {
        OnnxModel? unused = null;
        long? moves = null;
        try
        {
            moves = ModelRegistry.Moves(ModelName);
            if (!_isRegistered)
            {
                RegisterConfigured(Config.ModelPath);
                moves = ModelRegistry.Moves(ModelName);
            }

            if (ModelRegistry.Find(ModelName, ModelAlias.Champion) is not { } champion || champion.Id == ServedVersion)
            {
                PublishServing(ServedVersion ?? "", problem: null, moves);
                return;
            }

            var model = unused = ModelRegistry.Load(champion);
            _versions.AddOrUpdate(model, champion);
            var plan = Serving.With(ServedAs(model, ServingPlan.ChampionAlias));
            var options = JourneyOptionsOf(Config.Decisions, Config.Contact, Stores, serving: plan);
            Serve(plan);
            unused = null;
            Update(options);
            PublishServing(champion.Id, problem: null, moves);
        }
#pragma warning disable CA1031 // Whatever is wrong with the registry's files, the present model serves.
        catch (Exception e)
#pragma warning restore CA1031
        {
            unused?.Dispose();
            FailServing(e, ServedVersion ?? "", Model.Id, moves);
        }
    }

    async Task StartModelsAsync()
    {
        await RecordMovesAsync();
        StartServing();
        lock (_applying)
        {
            AnnounceMoves();
        }

        _modelTimer = Time.CreateTimer(_ => FollowAliases(), state: null, s_modelPoll, s_modelPoll);
    }

    Task RecordMovesAsync()
    {
        var entries = _unrecordedMoves.Select(change => Audit.RecordDoneAsync(new AuditEvent(
            change.By, "model.alias", $"model:{ModelRegistry.NameOf(change.To!)}@{change.Alias}", Details: $$"""{"version":"{{change.To}}"}"""))).ToArray();
        _unrecordedMoves.Clear();
        return Task.WhenAll(entries);
    }

    // What commands beside the engine have changed, and what failed before.
    void FollowAliases()
    {
        try
        {
            var stamp = ModelRegistry.Stamp;
            if (stamp == Volatile.Read(ref _modelStamp) && ModelsProblem is null)
            {
                return;
            }

            lock (_applying)
            {
                if (_stopped || (stamp == _modelStamp && Time.GetUtcNow() < _modelRetryAt))
                {
                    return;
                }

                _modelStamp = stamp;
                FollowChampion();
                _ = RecordMovesAsync();
                AnnounceMoves();
                TryFollowServing();
            }
        }
#pragma warning disable CA1031 // A timer's exception would end the process. The next change is followed again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogChampionNotServed(e.Message, Model.Id);
        }
    }

    void FailServing(Exception e, string version, string model, long? moves)
    {
        var longer = _modelRetry + _modelRetry;
        _modelRetry = longer < s_modelPoll ? s_modelPoll : longer > s_longestModelRetry ? s_longestModelRetry : longer;
        _modelRetryAt = Time.GetUtcNow() + _modelRetry;
        LogChampionNotServed(e.Message, model);
        PublishServing(version, e.Message, moves);
    }
}
