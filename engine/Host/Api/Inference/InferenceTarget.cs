using CartRecovery.Engine.Models;
using CartRecovery.Host.Api.Predictions;
using CartRecovery.Host.Models;

namespace CartRecovery.Host.Api.Inference;

/// <summary>What a request of the protocol asks. Version, signature and predictor are of one model, whatever is exchanged meanwhile. Dispose it after the scores.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The hash in the version's id; for a model that is not registered, the version that it declares.</param>
/// <param name="Features">The features, in the order of a row.</param>
/// <param name="Input">The input of rows.</param>
/// <param name="Output">The output with the probability.</param>
/// <param name="Lease">Its predictor; <see langword="null"/> if it is neither in force nor loaded.</param>
sealed record InferenceTarget(
    string Name, string Version, IReadOnlyList<string> Features, ModelTensor Input, ModelTensor Output, PredictorLease? Lease) : IDisposable
{
    /// <summary>Finds what a request names.</summary>
    /// <param name="name">The model.</param>
    /// <param name="version">The version; <see langword="null"/> for the one in force.</param>
    /// <param name="models">The registry.</param>
    /// <param name="loaded">The predictors.</param>
    /// <exception cref="ModelRegistryException">There is no such version, or it is damaged.</exception>
    public static InferenceTarget Find(string name, string? version, IModelControl models, LoadedModels loaded)
    {
        if (name != models.ModelName || version is not (null or ModelAlias.Champion))
        {
            var found = models.ModelRegistry.Find($"{name}@{version ?? ModelAlias.Champion}");
            return Of(found, found.Manifest, loaded.Rent(found.Id));
        }

        // What serves, though the alias was moved a moment ago, or the registry cannot be read.
        var (served, lease) = loaded.RentServing();
        if (served is { Problem: null })
        {
            return Of(served, served.Manifest, lease);
        }

        var model = lease.Predictor.Model;
        return new InferenceTarget(name, model.Version, model.Features, new ModelTensor(model.InputName, "FP32", [-1, model.Features.Count]),
            OutputOf(new ModelTensor(model.OutputName, "FP32", model.OutputShape)), lease);
    }

    /// <inheritdoc/>
    public void Dispose() => Lease?.Dispose();

    /// <summary>Returns the version in an id.</summary>
    public static string VersionOf(string id) => id[(id.LastIndexOf('@') + 1)..];

    static InferenceTarget Of(ModelVersion version, ModelManifest manifest, PredictorLease? lease) =>
        new(ModelRegistry.NameOf(version.Id), VersionOf(version.Id), manifest.Features, manifest.Input, OutputOf(manifest.Output), lease);

    // A model with the probabilities of both classes answers that of the positive one.
    static ModelTensor OutputOf(ModelTensor output) => output with { Shape = output.Shape.Count > 1 ? [-1, 1] : [-1] };
}
