namespace CartRecovery.Host.Reconciliation;

/// <summary>A list that was taken from a store's folder.</summary>
/// <param name="path">Its path as the shop wrote it.</param>
sealed class ListFile(string path)
{
    /// <summary>Its name as the shop wrote it.</summary>
    public string Name => Path.GetFileName(path);

    /// <summary>Reads it.</summary>
    /// <param name="most">Maximum length.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns><see langword="null"/> if it is longer.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<byte[]?> ReadAsync(int most, CancellationToken cancellation)
    {
        using var file = new FileStream(path + ListFiles.Taken, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > most)
        {
            return null;
        }

        // As long as it was just now, whatever is appended meanwhile.
        var text = new byte[file.Length];
        await file.ReadExactlyAsync(text, cancellation);
        return text;
    }

    /// <summary>Gives it the name of one that was compared, or could not be.</summary>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    public void Finish(bool isDone) => File.Move(path + ListFiles.Taken, path + (isDone ? ListFiles.Done : ListFiles.Failed), overwrite: true);
}
