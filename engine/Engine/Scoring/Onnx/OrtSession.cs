using System.Runtime.InteropServices;
using System.Text;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>A loaded ONNX graph. Counted: it is released when the model and every batch made from it are gone. Running it is safe
/// from several threads.</summary>
internal sealed unsafe class OrtSession : SafeHandle
{
    private readonly OnnxRuntime _runtime;
    private readonly OrtApi _api;

    private OrtSession(OnnxRuntime runtime, nint session) : base(0, ownsHandle: true)
    {
        _runtime = runtime;
        _api = runtime.Api;
        SetHandle(session);
    }

    public override bool IsInvalid => handle == 0;

    internal OnnxRuntime Runtime => _runtime;

    internal nint Pointer => handle;

    /// <summary>Loads a model: one thread (the caller's), no spinning, every graph optimization.</summary>
    /// <exception cref="ModelException"><see cref="ModelException.Unreadable"/>.</exception>
    internal static OrtSession Open(OnnxRuntime runtime, string path)
    {
        var api = runtime.Api;
        const string Code = ModelException.Unreadable;
        nint options, session;
        api.Check(api.CreateSessionOptions(&options), Code);
        try
        {
            api.Check(api.SetIntraOpNumThreads(options, 1), Code);
            api.Check(api.SetInterOpNumThreads(options, 1), Code);
            api.Check(api.SetSessionExecutionMode(options, OrtApi.Sequential), Code);
            api.Check(api.SetSessionGraphOptimizationLevel(options, OrtApi.OptimizeAll), Code);
            api.Check(api.SetSessionLogSeverityLevel(options, OrtApi.LogError), Code);
            // The runtime would remember a memory plan for every row count; the intermediate tensors here are too small to gain by it.
            api.Check(api.DisableMemPattern(options), Code);
            fixed (byte* intra = "session.intra_op.allow_spinning\0"u8, inter = "session.inter_op.allow_spinning\0"u8, off = "0\0"u8)
            {
                api.Check(api.AddSessionConfigEntry(options, intra, off), Code);
                api.Check(api.AddSessionConfigEntry(options, inter, off), Code);
            }
            fixed (byte* name = Terminated(path))
                api.Check(api.CreateSession(runtime.Env, name, options, &session), Code);
            return new OrtSession(runtime, session);
        }
        finally
        {
            api.ReleaseSessionOptions(options);
        }
    }

    /// <summary>The value of a key in the model's metadata, or <see langword="null"/>.</summary>
    internal string? Metadata(string key)
    {
        nint metadata;
        byte* value;
        _api.Check(_api.SessionGetModelMetadata(handle, &metadata), ModelException.Unreadable);
        try
        {
            fixed (byte* name = Terminated(key))
                _api.Check(_api.ModelMetadataLookupCustomMetadataMap(metadata, _runtime.Allocator, name, &value), ModelException.Unreadable);
            return _api.TakeString(_runtime.Allocator, value);
        }
        finally
        {
            _api.ReleaseModelMetadata(metadata);
        }
    }

    /// <summary>Each input's name, element type (0 for no tensor) and dimensions, −1 for a free one.</summary>
    internal List<(string Name, int Type, long[] Shape)> Inputs() => Describe(
        _api.SessionGetInputCount, _api.SessionGetInputName, _api.SessionGetInputTypeInfo);

    /// <summary>Each output, as in <see cref="Inputs"/>.</summary>
    internal List<(string Name, int Type, long[] Shape)> Outputs() => Describe(
        _api.SessionGetOutputCount, _api.SessionGetOutputName, _api.SessionGetOutputTypeInfo);

    private List<(string Name, int Type, long[] Shape)> Describe(
        delegate* unmanaged[Cdecl]<nint, nuint*, nint> count,
        delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint> name,
        delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint> typeInfo)
    {
        nuint n;
        _api.Check(count(handle, &n), ModelException.Unreadable);
        var described = new List<(string, int, long[])>((int)n);
        for (nuint i = 0; i < n; i++)
        {
            byte* text;
            nint type, tensor;
            int kind;
            _api.Check(name(handle, i, _runtime.Allocator, &text), ModelException.Unreadable);
            var called = _api.TakeString(_runtime.Allocator, text) ?? "";
            _api.Check(typeInfo(handle, i, &type), ModelException.Unreadable);
            try
            {
                _api.Check(_api.GetOnnxTypeFromTypeInfo(type, &kind), ModelException.Unreadable);
                if (kind != OrtApi.TypeTensor)
                {
                    described.Add((called, 0, []));
                    continue;
                }
                _api.Check(_api.CastTypeInfoToTensorInfo(type, &tensor), ModelException.Unreadable);
                var (element, shape) = DescribeTensor(tensor);
                described.Add((called, element, shape));
            }
            finally
            {
                _api.ReleaseTypeInfo(type);
            }
        }
        return described;
    }

    /// <summary>Runs once on zeros and tells the shape of one output, which the model itself may leave open.</summary>
    internal long[] Probe(string input, int rows, int columns, string output)
    {
        var zeros = new float[rows * columns];
        var shape = stackalloc long[] { rows, columns };
        nint value = 0, result = 0, tensor;
        try
        {
            fixed (float* data = zeros)
            fixed (byte* inputName = Terminated(input), outputName = Terminated(output))
            {
                _api.Check(_api.CreateTensorWithDataAsOrtValue(_runtime.CpuMemory, data, (nuint)zeros.Length * sizeof(float), shape, 2,
                    OrtApi.ElementFloat, &value), ModelException.WrongInput);
                _api.Check(_api.Run(handle, 0, &inputName, &value, 1, &outputName, 1, &result), ModelException.WrongInput);
            }
            _api.Check(_api.GetTensorTypeAndShape(result, &tensor), ModelException.WrongOutput);
            try
            {
                return DescribeTensor(tensor).Shape;
            }
            finally
            {
                _api.ReleaseTensorTypeAndShapeInfo(tensor);
            }
        }
        finally
        {
            if (value != 0) _api.ReleaseValue(value);
            if (result != 0) _api.ReleaseValue(result);
        }
    }

    private (int Element, long[] Shape) DescribeTensor(nint tensor)
    {
        int element;
        nuint rank;
        _api.Check(_api.GetTensorElementType(tensor, &element), ModelException.Unreadable);
        _api.Check(_api.GetDimensionsCount(tensor, &rank), ModelException.Unreadable);
        var shape = new long[(int)rank];
        fixed (long* dimensions = shape)
            _api.Check(_api.GetDimensions(tensor, dimensions, rank), ModelException.Unreadable);
        return (element, shape);
    }

    internal static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');

    protected override bool ReleaseHandle()
    {
        _api.ReleaseSession(handle);
        return true;
    }
}
