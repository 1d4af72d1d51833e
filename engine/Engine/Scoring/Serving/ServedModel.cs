using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>A model with the alias that it serves under. Shared by all partitions.</summary>
/// <param name="model">The model.</param>
/// <param name="alias">The alias, such as <see cref="ServingPlan.ChampionAlias"/>.</param>
/// <param name="id">The version, <c>name@version</c>; <see langword="null"/> for the model's own.</param>
/// <param name="traffic">Counts its rows; <see langword="null"/> to count from 0.</param>
public sealed class ServedModel(OnnxModel model, string alias, string? id = null, ModelTraffic? traffic = null)
{
    string? _fault;

    /// <summary>The model.</summary>
    public OnnxModel Model => model;

    /// <summary>The alias; of a model with a job of its own, the name that campaigns ask for.</summary>
    public string Alias => alias;

    /// <summary>The version, <c>name@version</c>.</summary>
    public string Id { get; } = id ?? model.Id;

    /// <summary>What it has scored.</summary>
    public ModelTraffic Traffic { get; } = traffic ?? new ModelTraffic();

    /// <summary>Why it is no longer used; <see langword="null"/> while it is. A champion is used whatever happens.</summary>
    public string? Fault => Volatile.Read(ref _fault);

    /// <summary>Called when the model is stopped, on the thread that found out; <see langword="null"/> for nobody.</summary>
    public Action<ServedModel>? OnStop { get; init; }

    /// <summary>Stops using the model: a partition where it failed at once, the others with the next campaigns. The first reason is kept.</summary>
    public void Stop(string reason)
    {
        if (Interlocked.CompareExchange(ref _fault, reason, null) is null)
        {
            OnStop?.Invoke(this);
        }
    }
}
