using System.Collections.Immutable;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;

namespace CartRecovery.Host.Composition;

/// <summary>Loads the models with a job of their own: <c>scoring.models</c>.</summary>
static class NamedModels
{
    /// <summary>Loads them.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="serve">Puts a model into service under its name.</param>
    /// <exception cref="ModelException">One cannot be used. None is left loaded.</exception>
    public static ImmutableArray<ServedModel> Load(CartRecoveryConfig config, Func<OnnxModel, string, ServedModel> serve)
    {
        var loaded = ImmutableArray.CreateBuilder<ServedModel>();
        try
        {
            foreach (var name in config.Scoring.Models.Keys)
            {
                loaded.Add(serve(Load(config, name), name));
            }

            return loaded.ToImmutable();
        }
        catch
        {
            foreach (var model in loaded)
            {
                model.Model.Dispose();
            }

            throw;
        }
    }

    /// <summary>Returns why models cannot be used.</summary>
    public static IEnumerable<ConfigProblem> ProblemsOf(CartRecoveryConfig config)
    {
        foreach (var name in config.Scoring.Models.Keys)
        {
            ConfigProblem? problem = null;
            try
            {
                Load(config, name).Dispose();
            }
            catch (ModelException e)
            {
                problem = ProblemOf(config, name, e);
            }

            if (problem is not null)
            {
                yield return problem;
            }
        }
    }

    /// <summary>Describes why a model cannot be used, with its position in the file.</summary>
    public static ConfigProblem ProblemOf(CartRecoveryConfig config, string name, ModelException e) =>
        config.Origin.ProblemOf(config.Scoring.Models, name, $"scoring.models.{name}: {e.Code}: {e.Message}");

    static OnnxModel Load(CartRecoveryConfig config, string name)
    {
        try
        {
            return OnnxModel.Load(config.PathOfModel(name), FeatureTable.Names);
        }
        catch (ModelException e)
        {
            throw new ModelException(e.Code, e.Message) { Name = name };
        }
    }
}
