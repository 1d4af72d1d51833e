using CartRecovery.Engine.Configuration.Reading;

namespace CartRecovery.Engine.Configuration;

/// <summary>A mistake in a configuration.</summary>
/// <param name="File">The file, as it was named.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Message">What is wrong, and where possible what to write.</param>
public sealed record ConfigProblem(string File, int Line, int Column, string Message)
{
    /// <summary><c>file:line:column: error: message</c>, which editors can jump to.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: error: {Message}";
}

/// <summary>What came of loading a configuration.</summary>
/// <param name="Config">The configuration, or <see langword="null"/> if there are problems.</param>
/// <param name="Problems">Everything that is wrong with it, in the file's order.</param>
public sealed record ConfigResult(CartRecoveryConfig? Config, IReadOnlyList<ConfigProblem> Problems)
{
    /// <summary>What could be bound, with defaults where the file is wrong, for checks that add to the problems; <see langword="null"/> if nothing could.</summary>
    public CartRecoveryConfig? Draft { get; init; } = Config;
}

/// <summary>Reads a configuration file and finds all of its mistakes at once.</summary>
public static class ConfigLoader
{
    const int LargestFile = 1 << 20;

    /// <summary>Loads a YAML file. It does not throw for anything that can be wrong with the file, which may be missing too.</summary>
    /// <param name="path">The file; problems name it like this.</param>
    /// <param name="catalog">What the configuration may name.</param>
    public static ConfigResult Load(string path, ConfigCatalog catalog) => Load(path, catalog, Environment.GetEnvironmentVariable);

    /// <summary>As the other, with the environment variables that <c>${NAME}</c> stands for.</summary>
    internal static ConfigResult Load(string path, ConfigCatalog catalog, Func<string, string?> environment)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
                return Refuse(path, "the file is larger than 1 MB");
            text = File.ReadAllText(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException
            or NotSupportedException)
        {
            return Refuse(path, $"the file cannot be read: {unreadable.Message}");
        }
        return Parse(text, path, catalog, environment);
    }

    static ConfigResult Parse(string text, string path, ConfigCatalog catalog, Func<string, string?> environment)
    {
        var problems = new ConfigProblems(path);
        if (YamlTree.Parse(text, problems) is { } tree)
        {
            var binder = new ConfigBinder(catalog, problems, environment);
            if (binder.Bind(tree) is { } config)
            {
                ConfigCheck.Run(config, catalog, binder.Places, problems);
                config.Folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
                config.Origin = new ConfigOrigin(path, binder.Places);
                return new ConfigResult(problems.None ? config : null, problems.Sorted()) { Draft = config };
            }
        }
        return new ConfigResult(Config: null, problems.Sorted());
    }

    static ConfigResult Refuse(string path, string message) => new(Config: null, [new ConfigProblem(path, 1, 1, message)]);
}
