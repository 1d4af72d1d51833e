namespace CartRecovery.Engine.Scoring;

/// <summary>A model, or the native library that runs it, is unusable. The codes are stable: tools may match on them.</summary>
/// <param name="code">One of the constants of this type.</param>
/// <param name="message">What is wrong and what to do.</param>
public sealed class ModelException(string code, string message) : Exception(message)
{
    /// <summary>ONNX Runtime's shared library is missing, not a library, or too old.</summary>
    public const string NativeLibraryMissing = "native_library_missing";

    /// <summary>There is no file at the model's path.</summary>
    public const string NotFound = "model_not_found";

    /// <summary>The file is not a valid ONNX model: truncated, corrupt, or with operators that the runtime lacks.</summary>
    public const string Unreadable = "model_unreadable";

    /// <summary>The model's metadata lacks its name, version or features, or has them in an invalid form.</summary>
    public const string MetadataMissing = "model_metadata_missing";

    /// <summary>The model requires a feature that the engine does not compute.</summary>
    public const string UnknownFeature = "model_unknown_feature";

    /// <summary>The model's input is not a single float tensor with a row per cart and a column per feature.</summary>
    public const string WrongInput = "model_wrong_input";

    /// <summary>The model has no float output with one probability per row.</summary>
    public const string WrongOutput = "model_wrong_output";

    /// <summary>The runtime failed to run a model that it had loaded.</summary>
    public const string RunFailed = "model_run_failed";

    /// <summary>The model has an operator that a registered model may not have.</summary>
    public const string UnsupportedOperator = "model_unsupported_operator";

    /// <summary>The model keeps tensors in other files.</summary>
    public const string ExternalData = "model_external_data";

    /// <summary>The name in <c>scoring.models</c> of the model; <see langword="null"/> for the champion's.</summary>
    public string? Name { get; init; }

    /// <summary>Code: one of the constants of this type.</summary>
    public string Code { get; } = code;
}
