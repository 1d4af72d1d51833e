using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Host.Composition;

/// <content>The models in force.</content>
sealed partial class EngineHost
{
    readonly ShadowThread _shadows;

    readonly FormerModels _formerModels = new();

    /// <inheritdoc/>
    public OnnxModel Model { get; private set; }

    /// <inheritdoc/>
    public ServingPlan Serving { get; private set; }

    /// <summary>What each version of a model has scored.</summary>
    public ModelTrafficTable ModelTraffic { get; } = new();

    ServedModel ServedAs(OnnxModel model, string alias, string? id = null) => new(model, alias, id, ModelTraffic.Of(id ?? model.Id))
    {
        OnStop = stopped => LogModelStopped(stopped.Alias, stopped.Id, stopped.Fault!),
    };

    // Partitions switch to the models together with the campaigns.
    void Serve(ServingPlan plan)
    {
        _formerModels.Exchange(Serving, plan);
        ModelTraffic.Serve(plan);
        Model = plan.Champion.Model;
        Serving = plan;
        _stages.Serving = plan;
    }

    void DisposeModels()
    {
        _modelTimer?.Dispose();
        _canaryTimer?.Dispose();
        _formerModels.Release(Serving);
    }
}
