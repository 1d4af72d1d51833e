namespace CartRecovery.Engine.Models;

/// <summary>A registered version of a model, or what is left of a damaged one.</summary>
/// <param name="Id"><c>name@hash</c>; for an unreadable folder, its name instead of the hash.</param>
/// <param name="Folder">The folder with its files.</param>
/// <param name="Found">Its manifest; <see langword="null"/> if it is unreadable.</param>
/// <param name="Problem">Why it cannot be used; <see langword="null"/> if nothing is known.</param>
public sealed record ModelVersion(string Id, string Folder, ModelManifest? Found, string? Problem)
{
    /// <summary>The manifest.</summary>
    /// <exception cref="ModelRegistryException"><see cref="ModelRegistryException.Damaged"/>.</exception>
    public ModelManifest Manifest => Problem is null ? Found! : throw new ModelRegistryException(ModelRegistryException.Damaged, $"{Id}: {Problem}");

    /// <summary>The path of the ONNX file.</summary>
    public string ModelPath => Path.Combine(Folder, ModelFiles.Model);

    /// <summary>Reads the card; <see langword="null"/> if it has none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public string? ReadCard() => Path.Combine(Folder, ModelFiles.Card) is var path && File.Exists(path) ? File.ReadAllText(path) : null;
}
