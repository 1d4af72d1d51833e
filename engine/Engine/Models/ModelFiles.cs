using System.Text;
using System.Text.Json;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Models;

/// <summary>
/// Reads and writes the registry's files: <c>NAME/HASH/</c> with the model, its manifest and its card, and <c>NAME/aliases.json</c>. A
/// version's folder is written beside its place, synced and renamed, so that there is a whole version or none.
/// </summary>
static class ModelFiles
{
    internal const string Model = "model.onnx", Manifest = "manifest.json", Card = "card.md", Aliases = "aliases.json";

    const string Draft = ".tmp";
    const int HashLength = 64, MaxManifestBytes = 4 << 20, MaxAliasBytes = 4 << 20;

    internal static bool IsDraft(string path) => path.EndsWith(Draft, StringComparison.Ordinal);

    /// <summary>Writes a version, unless it is there.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void Write(string folder, ModelManifest manifest, ReadOnlySpan<byte> model, string? card)
    {
        var draft = folder + Draft;
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        FileModes.CreateFolder(draft);
        WriteSynced(Path.Combine(draft, Model), model);
        WriteSynced(Path.Combine(draft, Manifest), JsonSerializer.SerializeToUtf8Bytes(manifest, ModelsJson.Default.ModelManifest));
        if (card is not null)
        {
            WriteSynced(Path.Combine(draft, Card), Encoding.UTF8.GetBytes(card));
        }

        FolderSync.Flush(draft);
        if (Directory.Exists(folder))
        {
            // A damaged version of the same bytes.
            Directory.Delete(folder, recursive: true);
        }

        Directory.Move(draft, folder);
        FolderSync.Flush(Path.GetDirectoryName(folder)!);
    }

    /// <summary>Deletes a version. A crash leaves a draft, which the next start deletes.</summary>
    internal static void Delete(string folder)
    {
        var draft = folder + Draft;
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        Directory.Move(folder, draft);
        FolderSync.Flush(Path.GetDirectoryName(folder)!);
        Directory.Delete(draft, recursive: true);
    }

    /// <summary>Reads a version's manifest. What is wrong with it concerns this version alone.</summary>
    internal static ModelVersion Read(string name, string folder)
    {
        var hash = Path.GetFileName(folder);
        var isHash = hash.Length == HashLength && hash.All(char.IsAsciiHexDigitLower);
        var id = $"{name}@{(isHash ? hash[..ModelManifest.IdDigits] : hash)}";
        if (!isHash)
        {
            return new ModelVersion(id, folder, Found: null, $"{folder} is not a version's folder: move it away");
        }

        try
        {
            var path = Path.Combine(folder, Manifest);
            var model = new FileInfo(Path.Combine(folder, Model));
            if (!File.Exists(path) || !model.Exists)
            {
                return Damaged($"{(model.Exists ? Manifest : Model)} is missing");
            }

            if (new FileInfo(path).Length > MaxManifestBytes)
            {
                return Damaged($"{Manifest} is too long");
            }

            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelsJson.Default.ModelManifest);
            return manifest is null ? Damaged($"{Manifest} is empty")
                : manifest.Format > ModelManifest.CurrentFormat ? Damaged($"{Manifest} has format {manifest.Format}: a newer version of CartRecovery wrote it")
                : manifest.Hash != hash || manifest.Name != name ? Damaged($"{Manifest} describes another version")
                : manifest.Features.Any(feature => feature is null) || manifest.Golden.Any(row => row is null) ? Damaged($"{Manifest} has a null in a list")
                : manifest.Golden.Any(row => row.Values.Count != manifest.Features.Count) ? Damaged($"{Manifest} has golden rows of another length")
                : model.Length != manifest.Size ? Damaged($"{Model} has {model.Length} bytes instead of {manifest.Size}")
                : new ModelVersion(id, folder, manifest, Problem: null);
        }
#pragma warning disable CA1031 // Whatever a file makes the reader throw, it is damage of this version alone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Damaged($"{Manifest} cannot be read: {e.Message.TrimEnd('.')}");
        }

        ModelVersion Damaged(string problem) => new(id, folder, Found: null, $"{problem}. Register the model again, or delete the version");
    }

    /// <exception cref="ModelRegistryException">The file is damaged.</exception>
    internal static ModelAliasFile ReadAliases(string folder)
    {
        var path = Path.Combine(folder, Aliases);
        if (!File.Exists(path))
        {
            return ModelAliasFile.Empty;
        }

        try
        {
            if (new FileInfo(path).Length > MaxAliasBytes)
            {
                throw new InvalidDataException("it is too long");
            }

            var read = JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelsJson.Default.ModelAliasFile) ?? throw new InvalidDataException("it is empty");
            return read.Format > ModelManifest.CurrentFormat ? throw new InvalidDataException("a newer version of CartRecovery wrote it")
                : read.Aliases.Any(alias => alias is null) || read.History.Any(change => change is null) ? throw new InvalidDataException("it has a null in a list")
                : read;
        }
#pragma warning disable CA1031 // Whatever a file makes the reader throw, it is damage of this model's aliases alone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw new ModelRegistryException(ModelRegistryException.Damaged,
                $"{path} cannot be read: {e.Message.TrimEnd('.')}. Restore it from a backup, or delete it: the engine then serves scoring.model");
        }
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void WriteAliases(string folder, ModelAliasFile aliases) =>
        DurableFile.Write(Path.Combine(folder, Aliases), JsonSerializer.SerializeToUtf8Bytes(aliases, ModelsJson.Default.ModelAliasFile));

    static void WriteSynced(string path, ReadOnlySpan<byte> contents)
    {
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(handle, contents, fileOffset: 0);
        RandomAccess.FlushToDisk(handle);
    }
}
