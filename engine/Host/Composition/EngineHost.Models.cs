using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Host.Composition;

/// <content>The models in force.</content>
sealed partial class EngineHost
{
    readonly ShadowThread _shadows;

    // Kept until the next exchange: a partition may still create scorers from them.
    OnnxModel[] _formerModels = [];

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

    // Partitions switch to the models together with the campaigns. Scorers of the former models outlive them.
    void Serve(ServingPlan plan)
    {
        Release(_formerModels);
        _formerModels = [.. Serving.Models.Select(served => served.Model).Except(plan.Models.Select(served => served.Model))];
        Model = plan.Champion.Model;
        Serving = plan;
        _stages.Serving = plan;
    }

    void DisposeModels()
    {
        _modelTimer?.Dispose();
        _canaryTimer?.Dispose();
        Release(_formerModels);
        Release(Serving.Models.Select(served => served.Model));
    }

    static void Release(IEnumerable<OnnxModel> models)
    {
        foreach (var model in models.Distinct())
        {
            model.Dispose();
        }
    }
}
