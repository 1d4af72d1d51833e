using System.Collections.Concurrent;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Models;

/// <summary>
/// Keeps immutable versions of models, named by the hash of their bytes, and the aliases that say what each is for. All of it is files
/// (<see cref="ModelFiles"/>), so that a command beside the engine sees and changes the same. Thread-safe, and safe between processes.
/// </summary>
public sealed partial class ModelRegistry
{
    const int MinDigits = 6;

    readonly string _root;
    readonly IReadOnlyList<string> _features;
    readonly TimeProvider _time;
    readonly Lock _gate = new();
    readonly ConcurrentDictionary<string, ModelVersion> _read = new(StringComparer.Ordinal);

    /// <summary>
    /// Opens the registry, and creates its folder if there is none. If the folder cannot be used now, the registry is empty, and each change tries
    /// again and says what is wrong.
    /// </summary>
    /// <param name="root">The folder.</param>
    /// <param name="knownFeatures">The features that the engine computes.</param>
    /// <param name="time">The clock.</param>
    public ModelRegistry(string root, IReadOnlyList<string> knownFeatures, TimeProvider time)
    {
        (_root, _features, _time) = (Path.GetFullPath(root), knownFeatures, time);
        try
        {
            Change(() => 0);
        }
        catch (Exception e) when (e is ModelRegistryException or IOException or UnauthorizedAccessException)
        {
            // The first change tries again.
        }
    }

    /// <summary>The names of the models, in order.</summary>
    public IReadOnlyList<string> Names =>
        !Directory.Exists(_root) ? []
        : [.. Directory.EnumerateDirectories(_root).Select(folder => Path.GetFileName(folder)).Where(ModelName.IsValid).Order(StringComparer.Ordinal)];

    /// <summary>Returns a number that differs after a change of aliases; 0 while the folder cannot be read. For polling: take it before reading aliases.</summary>
    public long Stamp
    {
        get
        {
            try
            {
                return Names.Aggregate(17L, (stamp, name) =>
                {
                    var file = new FileInfo(Path.Combine(_root, name, ModelFiles.Aliases));
                    return file.Exists ? HashCode.Combine(stamp, name, file.LastWriteTimeUtc.Ticks, file.Length) : stamp;
                });
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return 0;
            }
        }
    }

    /// <summary>Returns the versions of a model, the newest first; damaged ones last.</summary>
    public IReadOnlyList<ModelVersion> List(string name) =>
        !ModelName.IsValid(name) || !Directory.Exists(Path.Combine(_root, name)) ? [] :
        [
            .. Directory.EnumerateDirectories(Path.Combine(_root, name)).Where(folder => !ModelFiles.IsDraft(folder)).Select(folder => Read(name, folder))
                .OrderByDescending(version => version.Found?.CreatedAt ?? DateTimeOffset.MinValue).ThenBy(version => version.Id, StringComparer.Ordinal),
        ];

    /// <summary>Returns all versions, by model, the newest first.</summary>
    public IReadOnlyList<ModelVersion> List() => [.. Names.SelectMany(List)];

    /// <summary>Returns the aliases of a model, by name.</summary>
    /// <exception cref="ModelRegistryException"><see cref="ModelRegistryException.Damaged"/>.</exception>
    public IReadOnlyList<ModelAlias> Aliases(string name) => ReadAliases(name).Aliases;

    /// <summary>Returns the aliases of a version, by name.</summary>
    /// <exception cref="ModelRegistryException"><see cref="ModelRegistryException.Damaged"/>.</exception>
    public IReadOnlyList<string> AliasesOf(ModelVersion version) =>
        [.. Aliases(NameOf(version.Id)).Where(alias => alias.Version == version.Id).Select(alias => alias.Name)];

    /// <summary>Returns how often aliases of a model were moved: the number of the last move.</summary>
    /// <exception cref="ModelRegistryException"><see cref="ModelRegistryException.Damaged"/>.</exception>
    public long Moves(string name) => ReadAliases(name).Moves;

    /// <summary>Returns the last moves of a model's aliases, the newest first.</summary>
    /// <exception cref="ModelRegistryException"><see cref="ModelRegistryException.Damaged"/>.</exception>
    public IReadOnlyList<ModelAliasChange> History(string name) => [.. ReadAliases(name).History.Reverse()];

    /// <summary>Returns the version that an alias names; <see langword="null"/> if there is no such alias.</summary>
    /// <exception cref="ModelRegistryException">The aliases are damaged, or the version is gone.</exception>
    public ModelVersion? Find(string name, string alias) => ReadAliases(name).Find(alias) is { } known ? Find(known.Version) : null;

    /// <summary>Finds a version.</summary>
    /// <param name="id"><c>name@hash</c>, where six digits or more suffice if they are unique; or <c>name@alias</c>.</param>
    /// <exception cref="ModelRegistryException">There is none, or there are several.</exception>
    public ModelVersion Find(string id)
    {
        var at = id.LastIndexOf('@');
        if (at <= 0 || at == id.Length - 1)
        {
            throw new ModelRegistryException(ModelRegistryException.InvalidId, $"'{Short(id)}': expected NAME@HASH, such as purchase@3f2a9b0c1d2e, or NAME@ALIAS.");
        }

        var (name, version) = (id[..at], id[(at + 1)..]);
        var versions = List(name);
        if (versions.FirstOrDefault(known => known.Id == id) is { } exact)
        {
            return exact;
        }

        if (ModelAlias.IsValid(version) && versions.Count > 0 && ReadAliases(name).Find(version) is { } alias)
        {
            return versions.FirstOrDefault(known => known.Id == alias.Version)
                ?? throw new ModelRegistryException(ModelRegistryException.NotFound, $"{alias.Version}, which {id} names, is missing. Restore data/models from a backup, or move the alias.");
        }

        var matching = version.Length >= MinDigits ? versions.Where(known => Path.GetFileName(known.Folder).StartsWith(version, StringComparison.OrdinalIgnoreCase)).ToList() : [];
        return matching.Count switch
        {
            1 => matching[0],
            0 => throw new ModelRegistryException(ModelRegistryException.NotFound, versions.Count == 0
                ? $"There is no model '{Short(name)}'{Suggestion.Hint(name, Names)}" : $"{name} has no version or alias '{Short(version)}'. GET /v1/models lists them."),
            _ => throw new ModelRegistryException(ModelRegistryException.InvalidId, $"'{Short(id)}' names {matching.Count} versions. Give more digits."),
        };
    }

    /// <summary>Loads a version and checks it: its hash, and both evaluators' scores of the golden rows.</summary>
    /// <returns>The model, which has run; the caller owns it.</returns>
    /// <exception cref="ModelRegistryException">It is damaged, or scores differ.</exception>
    /// <exception cref="Scoring.ModelException">It cannot be loaded.</exception>
    public OnnxModel Load(ModelVersion version)
    {
        try
        {
            return ModelCheck.Load(version, _features);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRegistryException(ModelRegistryException.Damaged, $"{version.Id}: {ModelFiles.Model} cannot be read: {e.Message.TrimEnd('.')}. Register the model again");
        }
    }

    /// <summary>Returns the name in an id.</summary>
    public static string NameOf(string id) => id[..id.LastIndexOf('@')];

    // A version is immutable, so it is read again only if it was damaged or its folder was replaced.
    ModelVersion Read(string name, string folder)
    {
        var stamp = $"{folder} {Directory.GetLastWriteTimeUtc(folder).Ticks}";
        if (_read.TryGetValue(stamp, out var known) && known.Problem is null && File.Exists(known.ModelPath))
        {
            return known;
        }

        if (_read.Count > ModelLimits.MaxNames * ModelLimits.MaxVersions)
        {
            _read.Clear();
        }

        return _read[stamp] = ModelFiles.Read(name, folder);
    }

    ModelAliasFile ReadAliases(string name) =>
        ModelName.IsValid(name) && Directory.Exists(Path.Combine(_root, name)) ? ModelFiles.ReadAliases(Path.Combine(_root, name)) : ModelAliasFile.Empty;

    static string Short(string text) => text.Length <= 80 ? text : $"{text[..80]}…";
}
