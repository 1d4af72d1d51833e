namespace CartRecovery.Host;

/// <summary>The folder for everything that outlives the process. One engine at a time has it, by a lock on a file in it.</summary>
sealed class DataFolder : IDisposable
{
    readonly FileStream _lock;

    /// <summary>Makes the folder if it is not there, and takes it.</summary>
    /// <exception cref="IOException">It cannot be made or written, or another engine has it.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made or written.</exception>
    public DataFolder(string path)
    {
        Directory.CreateDirectory(path);
        _lock = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Path = path;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
