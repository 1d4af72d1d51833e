using Microsoft.ML.OnnxRuntime;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>
/// Holds a batch's memory and its bindings to the graph, created once, so that runs do not allocate. The buffers are pinned arrays, so
/// spans over them outlive the batch. One thread at a time.
/// </summary>
sealed class OrtBatch : IRowEvaluator
{
    /// <summary>Measured native memory of a binding for one row count, in bytes.</summary>
    internal const int BindingBytes = 1_800;

    readonly OrtSession _session;
    readonly RunOptions _options = new();
    readonly OrtIoBinding?[] _bindings;
    bool _disposed;

    /// <param name="session">The graph; kept loaded until this is disposed.</param>
    /// <param name="input">The input's name, a tensor of rows × <paramref name="columns"/>.</param>
    /// <param name="columns">Floats per row.</param>
    /// <param name="output">The output's name.</param>
    /// <param name="outputShape">The output's shape for one row; its first dimension is the row count.</param>
    /// <param name="capacity">Rows per run, at least 1.</param>
    internal OrtBatch(OrtSession session, string input, int columns, string output, ReadOnlySpan<long> outputShape, int capacity)
    {
        _session = session;
        var width = outputShape.Length > 1 ? (int)outputShape[1] : 1;
        Inputs = GC.AllocateArray<float>(capacity * columns, pinned: true);
        Outputs = GC.AllocateArray<float>(capacity * width, pinned: true);
        _bindings = new OrtIoBinding[capacity];

        session.Retain();
        try
        {
            // A tensor's shape is fixed, so each row count has its own binding over the same two buffers.
            for (var rows = 1; rows <= capacity; rows++)
            {
                long[] shape = outputShape.Length > 1 ? [rows, width] : [rows];
                _bindings[rows - 1] = session.Bind(input, Inputs.AsMemory(0, rows * columns), [rows, columns],
                    output, Outputs.AsMemory(0, rows * width), shape);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public float[] Inputs { get; }

    public float[] Outputs { get; }

    public void Run(int rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _session.Run(_options, _bindings[rows - 1]!);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (var binding in _bindings)
        {
            binding?.Dispose();
        }

        _options.Dispose();
        _session.Release();
    }
}
