using System.Runtime.InteropServices;

namespace CartRecovery.Primitives.Files;

/// <summary>Guards the reading of files that a configuration names: to open a pipe or a device may block for ever, or have an effect.</summary>
public static partial class RegularFile
{
    // AT_FDCWD, STATX_TYPE, S_IFMT and S_IFREG.
    const int WorkingFolder = -100;
    const uint TypeOnly = 1;
    const int TypeMask = 0xF000, Regular = 0x8000;

    /// <summary>Refuses a pipe, a device, a socket and a folder without opening it, by its type.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <returns>The path.</returns>
    /// <exception cref="IOException">It is not a regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">Its folder cannot be read.</exception>
    public static string Check(string path)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);

        // A missing file is found when it is opened. Only what is not regular has no length; an empty file has none either.
        return target is FileInfo { Exists: true, Length: 0 } && !IsRegular(target.FullName) ? throw new IOException($"'{path}' is not a regular file") : path;
    }

    static bool IsRegular(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return OperatingSystem.IsWindows();
        }

        // struct statx, the same for all processors: 256 bytes, stx_mode (16 bits) at 28.
        Span<byte> status = stackalloc byte[256];
        return StatX(WorkingFolder, path, flags: 0, TypeOnly, ref MemoryMarshal.GetReference(status)) == 0
            && (MemoryMarshal.Read<ushort>(status[28..]) & TypeMask) == Regular;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, ref byte status);
}
