namespace CartRecovery.Primitives.Files;

/// <summary>Guards the reading of files that a configuration names: to open a pipe or a device may block for ever, or have an effect.</summary>
public static class RegularFile
{
    /// <summary>Refuses a pipe, a device or a socket, and an empty file, without opening it: they have no length.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <returns>The path.</returns>
    /// <exception cref="IOException">It is not a regular file, or empty, or missing.</exception>
    /// <exception cref="UnauthorizedAccessException">Its folder cannot be read.</exception>
    public static string Check(string path)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
        return target is FileInfo { Exists: true, Length: 0 } ? throw new IOException($"'{path}' is empty, or not a regular file") : path;
    }
}
