using System.Security.Cryptography;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Models;

/// <content>Changes. Each holds the registry's lock while it writes.</content>
public sealed partial class ModelRegistry
{
    static readonly TimeSpan s_longestCheck = TimeSpan.FromMinutes(10);

    // Written under _gate.
    volatile bool _isClean;

    /// <summary>Registers a model. Idempotent: the same bytes are the same version, whose manifest stays.</summary>
    /// <param name="model">The model.</param>
    /// <param name="by">Who registers it, as in the audit log.</param>
    /// <returns>The version, and whether it is new.</returns>
    /// <exception cref="ModelRegistryException">A value is invalid, a golden row does not match, or the registry is full.</exception>
    /// <exception cref="ModelException">The engine cannot use the model.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public (ModelVersion Version, bool IsNew) Add(NewModel model, string by)
    {
        ModelLimits.Check(model);
        var hash = Convert.ToHexStringLower(SHA256.HashData(model.Bytes.Span));
        if (model.Source != ModelManifest.ConfiguredSource)
        {
            ModelOperators.Check(model.Bytes.Span);
        }

        // Checked outside the lock: loading a large model takes seconds, and serving must not wait for it.
        Open();
        var draft = Path.Combine(_root, $"{hash}-{Guid.NewGuid():N}.tmp");
        try
        {
            File.WriteAllBytes(draft, model.Bytes.Span);
            using var loaded = LoadDraft(draft);
            var manifest = Describe(model, loaded, hash, by);
            return Change(() => Store(model.Parent is { } parent ? manifest with { Parent = Find(parent).Id } : manifest, model, loaded));
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>Moves or removes an alias, after it checked that the version can serve.</summary>
    /// <param name="move">The move.</param>
    /// <param name="isChecked">Whether the caller has loaded the version with <see cref="Load"/>.</param>
    /// <returns>The change; <see langword="null"/> if the alias was there already.</returns>
    /// <exception cref="ModelRegistryException">The alias was moved meanwhile, is needed or invalid, or the version cannot serve.</exception>
    /// <exception cref="ModelException">The version cannot be loaded.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public ModelAliasChange? Move(ModelMove move, bool isChecked = false)
    {
        if (!ModelAlias.IsValid(move.Alias))
        {
            throw new ModelRegistryException(ModelRegistryException.InvalidAlias,
                $"'{Short(move.Alias)}': expected a lower-case letter, then letters, digits, '-', '_' and '.', at most {ModelAlias.MaxLength}.");
        }

        if (move.Why.Length > ModelLimits.MaxText)
        {
            throw new ModelRegistryException(ModelRegistryException.InvalidManifest, $"why: expected at most {ModelLimits.MaxText} characters.");
        }

        return Change<ModelAliasChange?>(() =>
        {
            var version = move.Version is null ? null : Find(move.Version);
            if (version is not null && NameOf(version.Id) != move.Name)
            {
                throw new ModelRegistryException(ModelRegistryException.InvalidId, $"{version.Id} is not a version of {move.Name}.");
            }

            var aliases = ReadAliases(move.Name);
            var present = aliases.Find(move.Alias)?.Version;
            if (version is not null && present is null && IsLikeHash(move.Alias))
            {
                throw new ModelRegistryException(ModelRegistryException.InvalidAlias,
                    $"'{move.Alias}' could be the beginning of a hash. Use a letter after f, or fewer than {MinDigits} characters.");
            }

            if (move.Expected is { } expected && (present ?? "") != expected && (present is null || present != IdOf(expected)))
            {
                throw new ModelRegistryException(ModelRegistryException.AliasMoved,
                    $"{move.Name}@{move.Alias} is {present ?? "not there"} now, instead of {(expected.Length == 0 ? "new" : expected)}. Look again, and decide again.");
            }

            if (present == version?.Id)
            {
                return version is not null ? null : throw new ModelRegistryException(ModelRegistryException.NoAlias, $"{move.Name} has no alias '{move.Alias}'.");
            }

            if (version is null && move.Alias is ModelAlias.Champion or ModelAlias.Configured)
            {
                throw new ModelRegistryException(ModelRegistryException.AliasNeeded, $"{move.Alias} cannot be removed. Move it to another version.");
            }

            if (version is not null && present is null && aliases.Aliases.Count >= ModelLimits.MaxAliases)
            {
                throw new ModelRegistryException(ModelRegistryException.Full, $"{move.Name} has {ModelLimits.MaxAliases} aliases. Remove one.");
            }

            if (version is not null && !isChecked)
            {
                Load(version).Dispose();
            }

            var next = aliases.With(move, version?.Id, _time.GetUtcNow());
            ModelFiles.WriteAliases(Path.Combine(_root, move.Name), next);
            return next.History[^1];
        });
    }

    /// <summary>Returns the version that an alias named before its present one, and that still exists.</summary>
    /// <exception cref="ModelRegistryException">There is none.</exception>
    public ModelVersion Previous(string name, string alias)
    {
        var aliases = ReadAliases(name);
        var present = aliases.Find(alias)?.Version ?? throw new ModelRegistryException(ModelRegistryException.NoAlias, $"{Short(name)} has no alias '{Short(alias)}'.");
        var versions = List(name);

        var named = new Stack<string>();
        foreach (var change in aliases.History.Where(change => change.Alias == alias && change.To is not null))
        {
            while (change.IsRollback && named.Count > 0 && named.Peek() != change.To)
            {
                named.Pop();
            }

            if (named.Count == 0 || named.Peek() != change.To)
            {
                named.Push(change.To!);
            }
        }

        return named.SkipWhile(id => id == present).Select(id => versions.FirstOrDefault(known => known.Id == id && known.Problem is null)).FirstOrDefault(known => known is not null)
            ?? throw new ModelRegistryException(ModelRegistryException.NothingBefore, $"{name}@{alias} has no earlier version that still exists. Move the alias to a version instead.");
    }

    /// <summary>Deletes a version that nothing names.</summary>
    /// <param name="id">The version: <see cref="Find(string)"/>.</param>
    /// <param name="decisionsKept">How long decisions are kept. They name their version.</param>
    /// <exception cref="ModelRegistryException">An alias, a kept decision or another version names it; or it does not exist.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public ModelVersion Delete(string id, TimeSpan decisionsKept) => Change(() =>
    {
        var version = Find(id);
        var name = NameOf(version.Id);
        var aliases = ReadAliases(name);
        if (aliases.Aliases.FirstOrDefault(alias => alias.Version == version.Id) is { } alias)
        {
            throw new ModelRegistryException(ModelRegistryException.InUse, $"{name}@{alias.Name} is {version.Id}. Move or remove the alias first.");
        }

        if (List().FirstOrDefault(other => other.Found?.Parent == version.Id) is { } child)
        {
            throw new ModelRegistryException(ModelRegistryException.IsParent, $"{child.Id} names {version.Id} as its parent. Delete it first.");
        }

        if (aliases.ServedUntil.TryGetValue(version.Id, out var served) && served + decisionsKept is var end && end > _time.GetUtcNow())
        {
            throw new ModelRegistryException(ModelRegistryException.HasDecisions,
                $"Decisions that name {version.Id} are kept until {end.UtcDateTime:yyyy-MM-dd}. Delete it then.");
        }

        ModelFiles.Delete(version.Folder);
        if (aliases.ServedUntil.ContainsKey(version.Id))
        {
            ModelFiles.WriteAliases(Path.Combine(_root, name), aliases.Without(version.Id));
        }

        return version;
    });

    static bool IsLikeHash(string alias) => alias.Length >= MinDigits && alias.All(char.IsAsciiHexDigit);

    // What is expected may be given by fewer digits or by an alias.
    string? IdOf(string expected)
    {
        try
        {
            return expected.Length == 0 ? null : Find(expected).Id;
        }
        catch (ModelRegistryException)
        {
            return null;
        }
    }

    OnnxModel LoadDraft(string path)
    {
        try
        {
            return OnnxModel.Load(path, _features);
        }
        catch (ModelException e)
        {
            throw new ModelException(e.Code, e.Message.Replace(path, "The model", StringComparison.Ordinal));
        }
    }

    ModelManifest Describe(NewModel model, OnnxModel loaded, string hash, string by)
    {
        var golden = model.Golden is { Count: > 0 } given ? ModelLimits.Check(given, loaded) : ModelCheck.Make(loaded, hash);
        ModelCheck.Compare("The model", loaded, golden);
        return new ModelManifest(
            ModelManifest.CurrentFormat, model.Name ?? ModelName.Of(loaded.Name), hash, model.Bytes.Length, $"{loaded.Name}@{loaded.Version}", model.Source, _time.GetUtcNow(), by,
            loaded.Features, new ModelTensor(loaded.InputName, "FP32", [-1, loaded.Features.Count]), new ModelTensor(loaded.OutputName, "FP32", loaded.OutputShape), golden)
        {
            Metrics = model.Metrics,
            Window = model.Window,
            DataHash = model.DataHash,
            Licence = model.Licence,
        };
    }

    (ModelVersion, bool) Store(ModelManifest manifest, NewModel model, OnnxModel loaded)
    {
        var parent = Path.Combine(_root, manifest.Name);
        var folder = Path.Combine(parent, manifest.Hash);
        if (Directory.Exists(folder) && Read(manifest.Name, folder) is { Problem: null } known)
        {
            if (ModelCheck.IsWhole(known, loaded))
            {
                return (known, false);
            }

            // The version stays what it was, with the registered bytes and with golden rows that they reproduce.
            ModelFiles.Write(folder, known.Manifest with
            {
                Features = manifest.Features,
                Input = manifest.Input,
                Output = manifest.Output,
                Golden = ModelCheck.Reproduces(known, loaded) ? known.Manifest.Golden : manifest.Golden,
            }, model.Bytes.Span, model.Card ?? known.ReadCard());
            _read.Clear();
            return (Read(manifest.Name, folder), true);
        }

        var versions = List(manifest.Name);
        if (versions.Count == 0 && Names.Count >= ModelLimits.MaxNames)
        {
            throw new ModelRegistryException(ModelRegistryException.Full, $"The registry has {ModelLimits.MaxNames} models. Delete all versions of one, or register it under a known name.");
        }

        if (versions.Count >= ModelLimits.MaxVersions || versions.Any(other => other.Id == manifest.Id && other.Folder != folder))
        {
            throw new ModelRegistryException(ModelRegistryException.Full, $"{manifest.Name} has {versions.Count} versions, or one of this id. Delete those that nothing uses.");
        }

        manifest = manifest with { IsDeclaredTwice = versions.Any(other => other.Found?.ServedAs == manifest.Declared) };
        FileModes.CreateFolder(parent);
        FolderSync.Flush(_root);
        ModelFiles.Write(folder, manifest, model.Bytes.Span, model.Card);
        return (Read(manifest.Name, folder), true);
    }

    T Change<T>(Func<T> change)
    {
        lock (_gate)
        {
            FileModes.CreateFolder(_root);
            using (RegistryLock.Take(_root))
            {
                if (!_isClean)
                {
                    DeleteDrafts();
                    _isClean = true;
                }

                return change();
            }
        }
    }

    void Open()
    {
        if (!_isClean)
        {
            Change(() => 0);
        }
    }

    // What a crash left half written or half deleted. Folders are written under the lock, but another process may be checking a model.
    void DeleteDrafts()
    {
        foreach (var folder in Directory.EnumerateDirectories(_root).Prepend(_root).ToArray())
        {
            foreach (var draft in Directory.EnumerateFileSystemEntries(folder).Where(ModelFiles.IsDraft).ToArray())
            {
                if (Directory.Exists(draft))
                {
                    Directory.Delete(draft, recursive: true);
                }
                else if (File.GetLastWriteTimeUtc(draft) < TimeProvider.System.GetUtcNow().UtcDateTime - s_longestCheck)
                {
                    File.Delete(draft);
                }
            }
        }
    }
}
