using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>ONNX Runtime's shared library, loaded, with the environment that all its sessions share. It stays for the life of the
/// process: a native library cannot be unloaded safely while a session may run.</summary>
public sealed unsafe partial class OnnxRuntime
{
    /// <summary>The environment variable that names another copy of the library than the one beside the executable.</summary>
    public const string PathVariable = "CARTRECOVERY_ONNXRUNTIME";

    /// <summary>The library's file name.</summary>
    public const string FileName = "libonnxruntime.so.1";

    // Official builds call home, with files in the home and temporary folders, unless the environment says this when they are loaded.
    private const string NoTelemetryVariable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<OnnxRuntime> SharedRuntime =
        new(() => Load(Locate(Environment.GetEnvironmentVariable(PathVariable), AppContext.BaseDirectory)));

    private OnnxRuntime(OrtApi api, string version, nint environment, nint memory, nint allocator)
    {
        Api = api;
        Version = version;
        Env = environment;
        CpuMemory = memory;
        Allocator = allocator;
    }

    /// <summary>The process's copy: the one <see cref="PathVariable"/> names, else the one beside the executable.</summary>
    /// <exception cref="ModelException"><see cref="ModelException.NativeLibraryMissing"/>.</exception>
    public static OnnxRuntime Shared => SharedRuntime.Value;

    /// <summary>The library's own version, such as 1.30.0.</summary>
    public string Version { get; }

    internal OrtApi Api { get; }

    internal nint Env { get; }

    internal nint CpuMemory { get; }

    internal nint Allocator { get; }

    /// <summary>Which file to load. A path that is named but not there is not replaced by another: what runs should be what was asked for.</summary>
    /// <param name="named">What <see cref="PathVariable"/> holds, or <see langword="null"/>.</param>
    /// <param name="folder">The executable's folder.</param>
    public static string Locate(string? named, string folder)
        => string.IsNullOrWhiteSpace(named) ? Path.Combine(folder, FileName) : Path.GetFullPath(named);

    /// <summary>Loads a library by its path.</summary>
    /// <exception cref="ModelException"><see cref="ModelException.NativeLibraryMissing"/>: no such file, not a library for this
    /// machine, not ONNX Runtime, or an ONNX Runtime before 1.13.</exception>
    public static OnnxRuntime Load(string path)
    {
        if (!File.Exists(path))
            throw Missing($"ONNX Runtime's library is not at {path}. It is put beside the executable by the build; set {PathVariable} to name another copy.");
        if (SetEnvironment(NoTelemetryVariable, "1", overwrite: 0) != 0) throw Missing($"{NoTelemetryVariable} cannot be set.");
        nint library;
        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw Missing($"{path} cannot be loaded as a library: {e.Message}");
        }
        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var entry))
            throw Missing($"{path} is a library, but not ONNX Runtime: it has no OrtGetApiBase.");

        // OrtApiBase is two function pointers: GetApi(version) and GetVersionString().
        var apiBase = ((delegate* unmanaged[Cdecl]<nint*>)entry)();
        var version = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<byte*>)apiBase[1])()) ?? "unknown";
        var table = ((delegate* unmanaged[Cdecl]<uint, nint*>)apiBase[0])(OrtApi.Version);
        if (table == null) throw Missing($"{path} is ONNX Runtime {version}, which is too old: 1.{OrtApi.Version} or later is needed.");

        var api = new OrtApi(table);
        nint environment, memory, allocator;
        fixed (byte* name = "cartrecovery\0"u8)
            api.Check(api.CreateEnv(OrtApi.LogError, name, &environment), ModelException.NativeLibraryMissing);
        api.Check(api.DisableTelemetryEvents(environment), ModelException.NativeLibraryMissing);
        api.Check(api.CreateCpuMemoryInfo(OrtApi.DeviceAllocator, OrtApi.MemoryDefault, &memory), ModelException.NativeLibraryMissing);
        api.Check(api.GetAllocatorWithDefaultOptions(&allocator), ModelException.NativeLibraryMissing);
        return new OnnxRuntime(api, version, environment, memory, allocator);
    }

    // The C library's own: what .NET sets, native code does not see.
    [LibraryImport("libc.so.6", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private static ModelException Missing(string message) => new(ModelException.NativeLibraryMissing, message);
}
