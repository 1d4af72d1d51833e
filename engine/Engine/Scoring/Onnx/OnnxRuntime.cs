using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>
/// Loads ONNX Runtime's native library once per process and creates the environment shared by all sessions. Replaces the package's own
/// lookup, so that exactly one file is tried and a failure says why.
/// </summary>
public static partial class OnnxRuntime
{
    /// <summary>The environment variable that overrides the library's path, by default beside the executable.</summary>
    public const string PathVariable = "CARTRECOVERY_ONNXRUNTIME";

    /// <summary>The library's file name.</summary>
    public const string FileName = "libonnxruntime.so";

    // The name in the package's P/Invoke declarations.
    const string ImportName = "onnxruntime";

    // Official builds send telemetry, using files in the home and temporary folders, unless this variable is set at load time.
    const string NoTelemetryVariable = "ORT_DISABLE_TELEMETRY";

    static readonly Lazy<string> s_runningVersion =
        new(() => Start(Locate(Environment.GetEnvironmentVariable(PathVariable), AppContext.BaseDirectory)));

    /// <summary>The library's version, such as 1.31.1. Loads the library on first use.</summary>
    /// <exception cref="ModelException"><see cref="ModelException.NativeLibraryMissing"/>.</exception>
    public static string Version => s_runningVersion.Value;

    /// <summary>Returns the path of the library to load. A named path that does not exist is not replaced by another.</summary>
    /// <param name="named">The value of <see cref="PathVariable"/>, or <see langword="null"/>.</param>
    /// <param name="folder">The executable's folder.</param>
    internal static string Locate(string? named, string folder)
        => string.IsNullOrWhiteSpace(named) ? Path.Combine(folder, FileName) : Path.GetFullPath(named);

    /// <summary>Loads a library by path and checks that the managed API supports it.</summary>
    /// <returns>The library's handle and version.</returns>
    /// <exception cref="ModelException"><see cref="ModelException.NativeLibraryMissing"/>: no such file, not a library for this
    /// machine, not ONNX Runtime, or an ONNX Runtime older than the package.</exception>
    internal static (nint Library, string Version) Open(string path)
    {
        if (!File.Exists(path))
        {
            throw Missing($"ONNX Runtime's library is not at {path}. The build puts it beside the executable; set {PathVariable} to name another copy.");
        }

        if (SetEnvironment(NoTelemetryVariable, "1", overwrite: 0) != 0)
        {
            throw Missing($"{NoTelemetryVariable} cannot be set.");
        }

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
        {
            throw Missing($"{path} is a library, but not ONNX Runtime: it has no OrtGetApiBase.");
        }

        // OrtApiBase is two function pointers: GetApi(version) and GetVersionString().
        var apiBase = Marshal.GetDelegateForFunctionPointer<PointerGetter>(entry)();
        var text = Marshal.GetDelegateForFunctionPointer<PointerGetter>(Marshal.ReadIntPtr(apiBase, IntPtr.Size))();
        var version = Marshal.PtrToStringUTF8(text) ?? "";
        if (!IsUsable(version, typeof(OrtEnv).Assembly.GetName().Version))
        {
            throw Missing($"{path} is ONNX Runtime {version}, which is too old: {typeof(OrtEnv).Assembly.GetName().Version?.ToString(2)} or later is needed.");
        }

        return (library, version);
    }

    /// <summary>The managed API requires its own version's function table, which all later minor versions provide.</summary>
    internal static bool IsUsable(string version, Version? needed)
        => System.Version.TryParse(version.Split('-', '+')[0], out var found)
           && (needed is null || (found.Major == needed.Major && found.Minor >= needed.Minor));

    static string Start(string path)
    {
        var (library, version) = Open(path);
        OrtEnv.DisableDllImportResolver = true;
        NativeLibrary.SetDllImportResolver(typeof(OrtEnv).Assembly, (name, _, _) => name == ImportName ? library : 0);
        try
        {
            var options = new EnvironmentCreationOptions { logId = "cartrecovery", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            OrtEnv.CreateInstanceWithOptions(ref options).DisableTelemetryEvents();
        }
        catch (OnnxRuntimeException e)
        {
            throw Missing($"{path} cannot be initialized: {e.Message}");
        }
        return version;
    }

    // Uses the C library's setter: native code does not see variables set by .NET.
    [LibraryImport("libc.so.6", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    static ModelException Missing(string message) => new(ModelException.NativeLibraryMissing, message);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    delegate nint PointerGetter();
}
