using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Engine.Configuration;

/// <summary>A problem in a configuration.</summary>
/// <param name="File">The file, as it was given.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Message">What is wrong and, where possible, what to write instead.</param>
public sealed record ConfigProblem(string File, int Line, int Column, string Message)
{
    /// <summary>The path of the value, if it is the settings API's and not in the file.</summary>
    public string? Setting { get; init; }

    /// <summary>A stable code in snake case; <see langword="null"/> for a value that is not valid.</summary>
    public string? Code { get; init; }

    /// <summary>Formats it as <c>file:line:column: error: message</c>, which editors can jump to, or as <c>settings: path: error: message</c>.</summary>
    public override string ToString() => Setting is null ? $"{File}:{Line}:{Column}: error: {Message}" : $"{SettingsName}: {Setting}: error: {Message}";

    /// <summary>Formats it as a warning: the engine starts with it.</summary>
    public string ToWarning() => ToString().Replace(": error: ", ": warning: ", StringComparison.Ordinal);

    const string SettingsName = "settings";

    /// <summary>Makes a problem at a location.</summary>
    internal static ConfigProblem At(string file, SourceLocation at, string message) =>
        new(at.Setting is null ? file : SettingsName, at.Line, at.Column, message) { Setting = at.Setting };
}

/// <summary>The result of loading a configuration.</summary>
/// <param name="Config">The configuration; <see langword="null"/> if there are problems.</param>
/// <param name="Problems">All problems, in file order.</param>
public sealed record ConfigResult(CartRecoveryConfig? Config, IReadOnlyList<ConfigProblem> Problems)
{
    /// <summary>Where the secrets come from, in file order.</summary>
    public IReadOnlyList<SecretOrigin> Secrets { get; init; } = [];

    /// <summary>
    /// Whatever could be bound, with defaults for invalid values, for checks that add problems; <see langword="null"/> if nothing
    /// could.
    /// </summary>
    public CartRecoveryConfig? Draft { get; init; } = Config;
}

/// <summary>Loads a configuration file and reports all its problems at once.</summary>
public static class ConfigLoader
{
    const int MaxFileSize = 1 << 20;

    /// <summary>Loads a YAML file. Never throws because of the file, which may be missing.</summary>
    /// <param name="path">The file, as it appears in problems.</param>
    /// <param name="catalog">The names that the configuration may refer to.</param>
    /// <param name="overlay">The settings API's changes; <see langword="null"/> for the file alone.</param>
    public static ConfigResult Load(string path, ConfigCatalog catalog, SettingsOverlay? overlay = null) => Load(path, catalog, Environment.GetEnvironmentVariable, overlay);

    /// <summary>Loads a YAML file with the given environment variables for <c>${NAME}</c>.</summary>
    internal static ConfigResult Load(string path, ConfigCatalog catalog, Func<string, string?> environment, SettingsOverlay? overlay = null)
    {
        byte[] bytes;
        try
        {
            using var file = File.OpenRead(RegularFile.Check(path));
            var buffer = new byte[MaxFileSize + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxFileSize)
            {
                return Fail(path, "the file must be at most 1 MB");
            }

            bytes = buffer[..length];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException
            or NotSupportedException)
        {
            return Fail(path, $"the file cannot be read: {unreadable.Message}");
        }
        return Parse(bytes, path, catalog, environment, overlay ?? SettingsOverlay.Empty);
    }

    static ConfigResult Parse(byte[] bytes, string path, ConfigCatalog catalog, Func<string, string?> environment, SettingsOverlay overlay)
    {
        var problems = new ConfigProblems(path);
        if (YamlTree.Parse(FileText.Decode(bytes, problems), problems) is { } tree)
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            if (!overlay.IsEmpty && tree is YamlMap file)
            {
                // Before anything is bound, which would read what the changes name.
                var rules = new SettingsRules(file, ConfigBinder.SettingsIn(file, catalog, environment), catalog, problems);
                rules.Check(overlay);
                tree = overlay.ApplyTo(tree);
                rules.CheckCampaigns(JsonNode.Parse(overlay.Campaigns)!.AsObject(), (YamlMap)tree);
                if (!problems.None)
                {
                    return new ConfigResult(Config: null, problems.Sorted());
                }

                tree = overlay.AddTo(tree);
            }

            using var secrets = new SecretSource(folder, environment, problems) { VaultOf = source => ConfigBinder.VaultIn(tree, catalog, environment, source) };
            var binder = new ConfigBinder(catalog, problems, environment, secrets);
            if (binder.Bind(tree) is { } config)
            {
                config.Folder = folder;
                ExchangeRatesFile.Load(config, path, binder.Locations, problems);
                ConfigCheck.Run(config, catalog, binder.Locations, problems);
                config.Origin = new ConfigOrigin(path, binder.Locations);
                return new ConfigResult(problems.None ? config : null, problems.Sorted()) { Draft = config, Secrets = secrets.Origins };
            }
        }
        return new ConfigResult(Config: null, problems.Sorted());
    }

    static ConfigResult Fail(string path, string message) => new(Config: null, [new ConfigProblem(path, 1, 1, message)]);
}
