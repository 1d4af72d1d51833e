namespace CartRecovery.Engine.Scoring;

/// <summary>A model, or the native library that runs it, cannot be used. The codes are stable: tools may match on them.</summary>
/// <param name="code">One of the constants of this type.</param>
/// <param name="message">What is wrong and what to do about it.</param>
public sealed class ModelException(string code, string message) : Exception(message)
{
    /// <summary>ONNX Runtime's shared library is not there, is not a library, or is too old.</summary>
    public const string NativeLibraryMissing = "native_library_missing";

    /// <summary>There is no file at the model's path.</summary>
    public const string NotFound = "model_not_found";

    /// <summary>The file is no ONNX model: truncated, garbage, or of operators that the runtime does not have.</summary>
    public const string Unreadable = "model_unreadable";

    /// <summary>The model does not say its name, version or features, or says them in a wrong form.</summary>
    public const string MetadataMissing = "model_metadata_missing";

    /// <summary>The model asks for a feature that the engine does not compute.</summary>
    public const string UnknownFeature = "model_unknown_feature";

    /// <summary>The model's inputs are not one float tensor of a row per cart and a column per feature.</summary>
    public const string WrongInput = "model_wrong_input";

    /// <summary>The model has no float output of one probability per row.</summary>
    public const string WrongOutput = "model_wrong_output";

    /// <summary>The runtime failed while it ran a model that it had accepted.</summary>
    public const string RunFailed = "model_run_failed";

    /// <summary>What is wrong, as one of the constants of this type.</summary>
    public string Code { get; } = code;
}
