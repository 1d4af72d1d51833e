using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>Loads ONNX Runtime's native library, once for the process, and creates the environment that all sessions share. The
/// package's own lookup is replaced, so that exactly one file is tried and an unusable one is an error that says why.</summary>
public static partial class OnnxRuntime
{
    /// <summary>The environment variable that names another copy of the library than the one beside the executable.</summary>
    public const string PathVariable = "CARTRECOVERY_ONNXRUNTIME";

    /// <summary>The library's file name.</summary>
    public const string FileName = "libonnxruntime.so";

    // The name under which the package's P/Invoke declarations ask for the library.
    private const string ImportName = "onnxruntime";

    // Official builds report usage, with files in the home and temporary folders, unless this variable is set when they are loaded.
    private const string NoTelemetryVariable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<string> RunningVersion =
        new(() => Start(Locate(Environment.GetEnvironmentVariable(PathVariable), AppContext.BaseDirectory)));

    /// <summary>The library's own version, such as 1.31.1. Loads the library if no caller did before.</summary>
    /// <exception cref="ModelException"><see cref="ModelException.NativeLibraryMissing"/>.</exception>
    public static string Version => RunningVersion.Value;

    /// <summary>Returns the path of the library to load. A path that is named but does not exist is not replaced by another.</summary>
    /// <param name="named">The value of <see cref="PathVariable"/>, or <see langword="null"/>.</param>
    /// <param name="folder">The executable's folder.</param>
    internal static string Locate(string? named, string folder)
        => string.IsNullOrWhiteSpace(named) ? Path.Combine(folder, FileName) : Path.GetFullPath(named);

    /// <summary>Loads a library by its path and checks that it is an ONNX Runtime that the managed API can use.</summary>
    /// <returns>The library's handle and version.</returns>
    /// <exception cref="ModelException"><see cref="ModelException.NativeLibraryMissing"/>: no such file, not a library for this
    /// machine, not ONNX Runtime, or an ONNX Runtime older than the package.</exception>
    internal static (nint Library, string Version) Open(string path)
    {
        if (!File.Exists(path))
            throw Missing($"ONNX Runtime's library is not at {path}. The build puts it beside the executable; set {PathVariable} to name another copy.");
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
        var apiBase = Marshal.GetDelegateForFunctionPointer<PointerGetter>(entry)();
        var text = Marshal.GetDelegateForFunctionPointer<PointerGetter>(Marshal.ReadIntPtr(apiBase, IntPtr.Size))();
        var version = Marshal.PtrToStringUTF8(text) ?? "";
        if (!IsUsable(version, typeof(OrtEnv).Assembly.GetName().Version))
            throw Missing($"{path} is ONNX Runtime {version}, which is too old: {typeof(OrtEnv).Assembly.GetName().Version?.ToString(2)} or later is needed.");
        return (library, version);
    }

    /// <summary>The managed API takes its own version's function table, which this and every later minor version has.</summary>
    internal static bool IsUsable(string version, Version? needed)
        => System.Version.TryParse(version.Split('-', '+')[0], out var found)
           && (needed is null || (found.Major == needed.Major && found.Minor >= needed.Minor));

    private static string Start(string path)
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

    // The C library's own: native code does not see variables that .NET sets.
    [LibraryImport("libc.so.6", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private static ModelException Missing(string message) => new(ModelException.NativeLibraryMissing, message);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint PointerGetter();
}
