namespace CartRecovery.Tests.Support;

/// <summary>A folder deleted after the test.</summary>
sealed class Scratch : IDisposable
{
    bool _isKept;

    public string Folder { get; } = Directory.CreateTempSubdirectory("cartrecovery-").FullName;

    public string PathOf(string name) => Path.Combine(Folder, name);

    public string Write(string name, string text)
    {
        var path = PathOf(name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Keeps the folder for inspection.</summary>
    public void Keep() => _isKept = true;

    public void Dispose()
    {
        if (!_isKept && !SpinWait.SpinUntil(TryDelete, Eventually.Deadline))
        {
            Assert.Fail($"{Folder} could not be deleted.");
        }
    }

    // A partition that was abandoned as if killed may still create a file of its checkpoint.
    bool TryDelete()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return !Directory.Exists(Folder);
        }
    }
}
