using System.Text.Json;
using System.Text.Json.Serialization;
using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Api.Inference;

/// <summary>A request for inference.</summary>
/// <param name="Inputs">Either the model's input with a row per score, or an input per feature.</param>
/// <param name="Id">Returned in the answer.</param>
/// <param name="Outputs">The outputs wanted; all by default.</param>
/// <param name="Parameters">`binary_data_output`: whether outputs are binary by default.</param>
sealed record InferenceBodies(
    IReadOnlyList<InferenceTensor>? Inputs, string? Id = null, IReadOnlyList<InferenceOutput>? Outputs = null, IReadOnlyDictionary<string, JsonElement>? Parameters = null);

/// <summary>A tensor.</summary>
/// <param name="Name">The name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Datatype">`FP32`, `FP64` or `INT64`.</param>
/// <param name="Data">The elements, row by row, flat or nested; absent if they are binary.</param>
/// <param name="Parameters">`binary_data_size`: bytes of the elements after the JSON.</param>
sealed record InferenceTensor(
    string? Name, IReadOnlyList<long>? Shape, string? Datatype, JsonElement? Data = null, IReadOnlyDictionary<string, JsonElement>? Parameters = null);

/// <summary>A wanted output.</summary>
/// <param name="Name">The name.</param>
/// <param name="Parameters">`binary_data`: whether it is binary.</param>
sealed record InferenceOutput(string? Name, IReadOnlyDictionary<string, JsonElement>? Parameters = null);

/// <summary>The result of an inference.</summary>
/// <param name="ModelName">The model.</param>
/// <param name="ModelVersion">The version.</param>
/// <param name="Outputs">The outputs.</param>
/// <param name="Id">The request's id.</param>
sealed record InferenceResult(
    [property: JsonPropertyName("model_name")] string ModelName, [property: JsonPropertyName("model_version")] string ModelVersion, IReadOnlyList<InferenceTensor> Outputs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id = null);

/// <summary>An error of the protocol.</summary>
/// <param name="Error">A stable code, a colon, and what is wrong.</param>
sealed record InferenceFailure(string Error);

/// <summary>The server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">The extensions of the protocol that it has.</param>
sealed record InferenceServer(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>Whether the server answers.</summary>
/// <param name="Live">Always true.</param>
sealed record InferenceLive(bool Live);

/// <summary>Whether the server, or a model, takes requests.</summary>
/// <param name="Ready">Whether it does.</param>
/// <param name="Name">The model; absent for the server.</param>
sealed record InferenceReady(bool Ready, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null);

/// <summary>A model.</summary>
/// <param name="Name">The name.</param>
/// <param name="Versions">Its versions, the newest first.</param>
/// <param name="Platform">`onnx_onnxv1`.</param>
/// <param name="Inputs">The input of rows. Instead of it, each feature may be given as an input of its own.</param>
/// <param name="Outputs">The probabilities.</param>
sealed record InferenceModel(string Name, IReadOnlyList<string> Versions, string Platform, IReadOnlyList<ModelTensor> Inputs, IReadOnlyList<ModelTensor> Outputs);
