using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>The functions used of ONNX Runtime's C API, version 13 (ONNX Runtime 1.13 and all later ones). The API is a table of
/// function pointers whose order never changes; the numbers are places in that table, <c>OrtApi</c> of onnxruntime_c_api.h.</summary>
internal sealed unsafe class OrtApi
{
    /// <summary>The version of the table that is asked for.</summary>
    internal const uint Version = 13;

    internal const int ElementFloat = 1, TypeTensor = 1, LogError = 3, Sequential = 0, OptimizeAll = 99, DeviceAllocator = 0, MemoryDefault = 0;

    private readonly nint* _table;

    internal OrtApi(nint* table) => _table = table;

    internal delegate* unmanaged[Cdecl]<nint, byte*> GetErrorMessage => (delegate* unmanaged[Cdecl]<nint, byte*>)_table[2];
    internal delegate* unmanaged[Cdecl]<int, byte*, nint*, nint> CreateEnv => (delegate* unmanaged[Cdecl]<int, byte*, nint*, nint>)_table[3];
    internal delegate* unmanaged[Cdecl]<nint, nint> DisableTelemetryEvents => (delegate* unmanaged[Cdecl]<nint, nint>)_table[6];
    internal delegate* unmanaged[Cdecl]<nint, byte*, nint, nint*, nint> CreateSession => (delegate* unmanaged[Cdecl]<nint, byte*, nint, nint*, nint>)_table[7];
    internal delegate* unmanaged[Cdecl]<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> Run => (delegate* unmanaged[Cdecl]<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)_table[9];
    internal delegate* unmanaged[Cdecl]<nint*, nint> CreateSessionOptions => (delegate* unmanaged[Cdecl]<nint*, nint>)_table[10];
    internal delegate* unmanaged[Cdecl]<nint, int, nint> SetSessionExecutionMode => (delegate* unmanaged[Cdecl]<nint, int, nint>)_table[13];
    internal delegate* unmanaged[Cdecl]<nint, nint> DisableMemPattern => (delegate* unmanaged[Cdecl]<nint, nint>)_table[17];
    internal delegate* unmanaged[Cdecl]<nint, int, nint> SetSessionLogSeverityLevel => (delegate* unmanaged[Cdecl]<nint, int, nint>)_table[22];
    internal delegate* unmanaged[Cdecl]<nint, int, nint> SetSessionGraphOptimizationLevel => (delegate* unmanaged[Cdecl]<nint, int, nint>)_table[23];
    internal delegate* unmanaged[Cdecl]<nint, int, nint> SetIntraOpNumThreads => (delegate* unmanaged[Cdecl]<nint, int, nint>)_table[24];
    internal delegate* unmanaged[Cdecl]<nint, int, nint> SetInterOpNumThreads => (delegate* unmanaged[Cdecl]<nint, int, nint>)_table[25];
    internal delegate* unmanaged[Cdecl]<nint, nuint*, nint> SessionGetInputCount => (delegate* unmanaged[Cdecl]<nint, nuint*, nint>)_table[30];
    internal delegate* unmanaged[Cdecl]<nint, nuint*, nint> SessionGetOutputCount => (delegate* unmanaged[Cdecl]<nint, nuint*, nint>)_table[31];
    internal delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint> SessionGetInputTypeInfo => (delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint>)_table[33];
    internal delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint> SessionGetOutputTypeInfo => (delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint>)_table[34];
    internal delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint> SessionGetInputName => (delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint>)_table[36];
    internal delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint> SessionGetOutputName => (delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint>)_table[37];
    internal delegate* unmanaged[Cdecl]<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithDataAsOrtValue => (delegate* unmanaged[Cdecl]<nint, void*, nuint, long*, nuint, int, nint*, nint>)_table[49];
    internal delegate* unmanaged[Cdecl]<nint, nint*, nint> CastTypeInfoToTensorInfo => (delegate* unmanaged[Cdecl]<nint, nint*, nint>)_table[55];
    internal delegate* unmanaged[Cdecl]<nint, int*, nint> GetOnnxTypeFromTypeInfo => (delegate* unmanaged[Cdecl]<nint, int*, nint>)_table[56];
    internal delegate* unmanaged[Cdecl]<nint, int*, nint> GetTensorElementType => (delegate* unmanaged[Cdecl]<nint, int*, nint>)_table[60];
    internal delegate* unmanaged[Cdecl]<nint, nuint*, nint> GetDimensionsCount => (delegate* unmanaged[Cdecl]<nint, nuint*, nint>)_table[61];
    internal delegate* unmanaged[Cdecl]<nint, long*, nuint, nint> GetDimensions => (delegate* unmanaged[Cdecl]<nint, long*, nuint, nint>)_table[62];
    internal delegate* unmanaged[Cdecl]<nint, nint*, nint> GetTensorTypeAndShape => (delegate* unmanaged[Cdecl]<nint, nint*, nint>)_table[65];
    internal delegate* unmanaged[Cdecl]<int, int, nint*, nint> CreateCpuMemoryInfo => (delegate* unmanaged[Cdecl]<int, int, nint*, nint>)_table[69];
    internal delegate* unmanaged[Cdecl]<nint, void*, nint> AllocatorFree => (delegate* unmanaged[Cdecl]<nint, void*, nint>)_table[76];
    internal delegate* unmanaged[Cdecl]<nint*, nint> GetAllocatorWithDefaultOptions => (delegate* unmanaged[Cdecl]<nint*, nint>)_table[78];
    internal delegate* unmanaged[Cdecl]<nint, void> ReleaseStatus => (delegate* unmanaged[Cdecl]<nint, void>)_table[93];
    internal delegate* unmanaged[Cdecl]<nint, void> ReleaseMemoryInfo => (delegate* unmanaged[Cdecl]<nint, void>)_table[94];
    internal delegate* unmanaged[Cdecl]<nint, void> ReleaseSession => (delegate* unmanaged[Cdecl]<nint, void>)_table[95];
    internal delegate* unmanaged[Cdecl]<nint, void> ReleaseValue => (delegate* unmanaged[Cdecl]<nint, void>)_table[96];
    internal delegate* unmanaged[Cdecl]<nint, void> ReleaseTypeInfo => (delegate* unmanaged[Cdecl]<nint, void>)_table[98];
    internal delegate* unmanaged[Cdecl]<nint, void> ReleaseTensorTypeAndShapeInfo => (delegate* unmanaged[Cdecl]<nint, void>)_table[99];
    internal delegate* unmanaged[Cdecl]<nint, void> ReleaseSessionOptions => (delegate* unmanaged[Cdecl]<nint, void>)_table[100];
    internal delegate* unmanaged[Cdecl]<nint, nint*, nint> SessionGetModelMetadata => (delegate* unmanaged[Cdecl]<nint, nint*, nint>)_table[111];
    internal delegate* unmanaged[Cdecl]<nint, nint, byte*, byte**, nint> ModelMetadataLookupCustomMetadataMap => (delegate* unmanaged[Cdecl]<nint, nint, byte*, byte**, nint>)_table[116];
    internal delegate* unmanaged[Cdecl]<nint, void> ReleaseModelMetadata => (delegate* unmanaged[Cdecl]<nint, void>)_table[118];
    internal delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint> AddSessionConfigEntry => (delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint>)_table[130];

    /// <summary>Throws what a status says, with <paramref name="code"/>; nothing where the status is 0, which is success.</summary>
    internal void Check(nint status, string code)
    {
        if (status == 0) return;
        var message = Marshal.PtrToStringUTF8((nint)GetErrorMessage(status)) ?? "unknown error";
        ReleaseStatus(status);
        throw new ModelException(code, "ONNX Runtime: " + message);
    }

    /// <summary>A string that the runtime allocated for the caller, which is freed; <see langword="null"/> for none.</summary>
    internal string? TakeString(nint allocator, byte* text)
    {
        if (text == null) return null;
        var taken = Marshal.PtrToStringUTF8((nint)text);
        var status = AllocatorFree(allocator, text);
        if (status != 0) ReleaseStatus(status);
        return taken;
    }
}
