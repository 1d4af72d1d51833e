using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// The models that the last exchange took out of service. They are kept until the next one: a partition may still create scorers from them. Scorers
/// outlive their models. One thread at a time.
/// </summary>
public sealed class FormerModels
{
    OnnxModel[] _models = [];

    /// <summary>Disposes the models of the exchange before, except those that serve again, and keeps those that this one takes out.</summary>
    public void Exchange(ServingPlan from, ServingPlan to)
    {
        var next = to.Models.Select(served => served.Model).ToHashSet();
        Release(_models.Where(model => !next.Contains(model)));
        _models = [.. from.Models.Select(served => served.Model).Where(model => !next.Contains(model)).Distinct()];
    }

    /// <summary>Disposes all of them and the models of a plan. At the end.</summary>
    public void Release(ServingPlan plan)
    {
        Release(_models.Concat(plan.Models.Select(served => served.Model)));
        _models = [];
    }

    static void Release(IEnumerable<OnnxModel> models)
    {
        foreach (var model in models.Distinct().ToArray())
        {
            model.Dispose();
        }
    }
}
