using System.Runtime.InteropServices;

namespace CartRecovery.Primitives;

/// <summary>Keeps files from the machine's other users. Does nothing where files have no Unix mode.</summary>
static partial class FileModes
{
    /// <summary>The mode of a folder that only its owner can use: 0700.</summary>
    public const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    const uint GroupAndOthers = 0b000_111_111;

    static readonly EnumerationOptions s_all = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Makes all files that the process creates from now on private, whatever creates them.</summary>
    public static void SetPrivateMask()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetMask(GroupAndOthers);
        }
    }

    /// <summary>Creates a private folder if there is none.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, Folder);
        }
    }

    /// <summary>Takes what others may do with a file, or a folder and all in it, away from them. Follows no links.</summary>
    /// <returns>The first path whose mode cannot be changed, and why; <see langword="null"/> if there is none.</returns>
    public static (string Path, string Problem)? Tighten(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        (string, string)? first = null;
        foreach (var entry in Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path, "*", s_all).Prepend(path) : [path])
        {
            first ??= TightenOne(entry);
        }

        return first;
    }

    /// <summary>Takes what others may do with a file or a folder away from them, and leaves what is in it.</summary>
    /// <inheritdoc cref="Tighten" path="/returns"/>
    public static (string Path, string Problem)? TightenOne(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        try
        {
            var mode = File.GetUnixFileMode(path);
            if ((mode & ~Folder) != 0)
            {
                File.SetUnixFileMode(path, mode & Folder);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Deleted meanwhile.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (path, e.Message);
        }

        return null;
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
