using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Host.Api;

/// <summary>The registry of models, and which version serves.</summary>
interface IModelControl
{
    /// <summary>The registry.</summary>
    ModelRegistry ModelRegistry { get; }

    /// <summary>The name of the model whose champion scores carts.</summary>
    string ModelName { get; }

    /// <summary>The id of the version that scores carts; <see langword="null"/> if it is not registered.</summary>
    string? ServedVersion { get; }

    /// <summary>Returns which version a model is; <see langword="null"/> if it is not registered.</summary>
    ModelVersion? VersionOf(OnnxModel model);

    /// <summary>
    /// Moves an alias. The champion of <see cref="ModelName"/> is loaded, checked and run before, and exchanged between two batches; a failure
    /// changes nothing.
    /// </summary>
    /// <returns>The change; <see langword="null"/> if the alias was there already.</returns>
    /// <exception cref="ModelRegistryException">It cannot be moved; the code says why.</exception>
    /// <exception cref="Engine.Scoring.ModelException">The version cannot be loaded.</exception>
    ModelAliasChange? MoveAlias(ModelMove move);

    /// <summary>How long decisions that name a version are kept after it ceased to serve.</summary>
    TimeSpan DecisionsKept { get; }
}
