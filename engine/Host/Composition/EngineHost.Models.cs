using CartRecovery.Engine.Models;
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
        OnStop = stopped =>
        {
            LogModelStopped(stopped.Alias, stopped.Id, stopped.Fault!);

            // The journal says from where on the model is not used. Not on the thread that found out: it may be a partition's.
            ThreadPool.UnsafeQueueUserWorkItem(_ => RecordStop(), state: null);
        },
    };

    void RecordStop()
    {
        try
        {
            lock (_applying)
            {
                if (!_stopped)
                {
                    Update(JourneyOptionsOf(Config.Decisions, Config.Contact, Stores));
                }
            }
        }
#pragma warning disable CA1031 // The next change of campaigns or models records it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotServed(ModelAlias.Canary, e.Message);
        }
    }

    // Partitions switch to the models together with the campaigns.
    void Serve(ServingPlan plan)
    {
        foreach (var model in plan.Models.Where(served => !served.Alias.StartsWith(ServingPlan.ShadowAlias, StringComparison.Ordinal)).Select(served => served.Model)
            .Except(Serving.Models.Select(served => served.Model)))
        {
            model.Prepare(Partitions.Count, Config.Scoring.Batch);
        }

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
