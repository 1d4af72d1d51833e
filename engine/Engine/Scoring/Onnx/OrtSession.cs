using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>
/// A loaded ONNX graph. Reference counted: released once it and all its batches are disposed. Several threads may run it.
/// </summary>
sealed class OrtSession : IDisposable
{
    readonly InferenceSession _session;
    readonly Lock _lock = new();
    int _references = 1;
    bool _closed;

    OrtSession(InferenceSession session)
    {
        _session = session;
        Inputs = [.. session.InputNames.Select(name => Describe(name, session.InputMetadata[name]))];
        Outputs = [.. session.OutputNames.Select(name => Describe(name, session.OutputMetadata[name]))];
    }

    /// <summary>Inputs, in the graph's order.</summary>
    internal IReadOnlyList<TensorDescription> Inputs { get; }

    /// <summary>Outputs, in the graph's order.</summary>
    internal IReadOnlyList<TensorDescription> Outputs { get; }

    /// <summary>Whether it is disposed; existing batches still run.</summary>
    internal bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Loads a model: single-threaded (on the caller's thread), no spinning, all graph optimizations.</summary>
    /// <exception cref="ModelException"><see cref="ModelException.Unreadable"/>, or <see cref="ModelException.NativeLibraryMissing"/>.</exception>
    internal static OrtSession Open(string path)
    {
        _ = OnnxRuntime.Version;
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
                // The runtime would keep a memory plan per row count; the intermediate tensors are too small to benefit.
                EnableMemoryPattern = false,
            };
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
            return new OrtSession(new InferenceSession(path, options));
        }
        catch (OnnxRuntimeException e)
        {
            throw Failed(ModelException.Unreadable, e);
        }
    }

    /// <summary>Returns the value of a key in the model's metadata, or <see langword="null"/>.</summary>
    internal string? Metadata(string key) => _session.ModelMetadata.CustomMetadataMap.GetValueOrDefault(key);

    /// <summary>Runs once on zeros and returns the actual shape of an output, which the model may leave open.</summary>
    internal long[] Probe(string input, int rows, int columns, string output)
    {
        try
        {
            using var options = new RunOptions();
            using var zeros = OrtValue.CreateTensorValueFromMemory(new float[rows * columns], [rows, columns]);
            using var results = _session.Run(options, [input], [zeros], [output]);
            return results[0].GetTensorTypeAndShape().Shape;
        }
        catch (OnnxRuntimeException e)
        {
            throw Failed(ModelException.WrongInput, e);
        }
    }

    /// <summary>Binds one input and one output to memory that must not move or be freed while the binding is in use.</summary>
    internal OrtIoBinding Bind(string input, Memory<float> inputs, long[] inputShape, string output, Memory<float> outputs, long[] outputShape)
    {
        var binding = _session.CreateIoBinding();
        try
        {
            using var inputTensor = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, inputs, inputShape);
            using var outputTensor = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, outputs, outputShape);
            binding.BindInput(input, inputTensor);
            binding.BindOutput(output, outputTensor);
            return binding;
        }
        catch (OnnxRuntimeException e)
        {
            binding.Dispose();
            throw Failed(ModelException.RunFailed, e);
        }
    }

    /// <summary>Runs the graph on bound memory without allocating.</summary>
    internal void Run(RunOptions options, OrtIoBinding binding)
    {
        try
        {
            _session.RunWithBinding(options, binding);
        }
        catch (OnnxRuntimeException e)
        {
            throw Failed(ModelException.RunFailed, e);
        }
    }

    /// <summary>Keeps the graph loaded until <see cref="Release"/>.</summary>
    internal void Retain()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_references == 0, this);
            _references++;
        }
    }

    /// <summary>Releases a reference taken by <see cref="Retain"/>.</summary>
    internal void Release()
    {
        lock (_lock)
        {
            if (--_references > 0)
            {
                return;
            }
        }
        _session.Dispose();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, true))
        {
            return;
        }

        Release();
    }

    static TensorDescription Describe(string name, NodeMetadata metadata) => metadata.IsTensor
        ? new TensorDescription(name, metadata.ElementDataType, metadata.Dimensions)
        : new TensorDescription(name, null, []);

    static ModelException Failed(string code, OnnxRuntimeException e) => new(code, "ONNX Runtime: " + e.Message);
}

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type; <see langword="null"/> if it is not a tensor.</param>
/// <param name="Shape">Its dimensions, −1 for a free one.</param>
readonly record struct TensorDescription(string Name, TensorElementType? Type, int[] Shape)
{
    public override string ToString() => Type is null ? $"'{Name}' (not a tensor)" : $"'{Name}' of {Type} [{string.Join(", ", Shape)}]";
}
