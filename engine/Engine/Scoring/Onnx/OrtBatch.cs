using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>The memory of a batch and the tensors over it, made once: a run allocates nothing that the garbage collector sees. The
/// buffers are pinned arrays of this process, so a span over them is never left dangling. For one thread at a time.</summary>
internal sealed unsafe class OrtBatch : IRowEvaluator
{
    private readonly OrtSession _session;
    private readonly OrtApi _api;
    private readonly nint[] _inputs;
    private readonly nint[] _outputs;
    private readonly byte[] _inputName;
    private readonly byte[] _outputName;
    private bool _disposed;

    /// <param name="session">The graph; kept alive until this is disposed.</param>
    /// <param name="input">The input's name, a tensor of rows × <paramref name="columns"/>.</param>
    /// <param name="columns">Floats per row.</param>
    /// <param name="output">The output's name.</param>
    /// <param name="outputShape">The output's shape for one row; its first dimension is the row count.</param>
    /// <param name="capacity">Rows per run, at least 1.</param>
    internal OrtBatch(OrtSession session, string input, int columns, string output, ReadOnlySpan<long> outputShape, int capacity)
    {
        _session = session;
        _api = session.Runtime.Api;
        _inputName = OrtSession.Terminated(input);
        _outputName = OrtSession.Terminated(output);
        var width = outputShape.Length > 1 ? (int)outputShape[1] : 1;
        Inputs = GC.AllocateArray<float>(capacity * columns, pinned: true);
        Outputs = GC.AllocateArray<float>(capacity * width, pinned: true);
        _inputs = new nint[capacity];
        _outputs = new nint[capacity];

        var counted = false;
        session.DangerousAddRef(ref counted);
        try
        {
            // A tensor's shape is fixed, so there is one for each row count: some 200 bytes each, all over the same two buffers.
            for (var rows = 1; rows <= capacity; rows++)
            {
                _inputs[rows - 1] = Tensor(Inputs, rows, columns, 2);
                _outputs[rows - 1] = Tensor(Outputs, rows, width, outputShape.Length);
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
        var output = _outputs[rows - 1];
        fixed (byte* inputName = _inputName, outputName = _outputName)
        fixed (nint* input = &_inputs[rows - 1])
        {
            var status = _api.Run(_session.Pointer, 0, &inputName, input, 1, &outputName, 1, &output);
            if (status != 0) _api.Check(status, ModelException.RunFailed);
        }
    }

    private nint Tensor(float[] buffer, int rows, int columns, int rank)
    {
        var shape = stackalloc long[] { rows, columns };
        nint value;
        var data = (void*)Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0);
        _api.Check(_api.CreateTensorWithDataAsOrtValue(_session.Runtime.CpuMemory, data, (nuint)(rows * columns * sizeof(float)), shape,
            (nuint)rank, OrtApi.ElementFloat, &value), ModelException.RunFailed);
        return value;
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        foreach (var value in _inputs)
            if (value != 0) _api.ReleaseValue(value);
        foreach (var value in _outputs)
            if (value != 0) _api.ReleaseValue(value);
        _session.DangerousRelease();
    }
}
