using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.State;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Commands.Setup;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Commands;

/// <summary>Finds and loads a command's configuration.</summary>
static class ConfigFile
{
    const string Own = "cartrecovery.yaml";
    const string Default = "config/cartrecovery.yaml";

    /// <summary>The sink types and features that a configuration may name.</summary>
    public static ConfigCatalog Catalog { get; } = new(SinkCatalog.All, FeatureTable.Names) { Jobs = BuiltInJobs.All };

    /// <summary>
    /// Returns the configuration file: the given one, else <c>cartrecovery.yaml</c> in this folder, else the shipped default.
    /// </summary>
    public static string Locate(string? path) => path ?? (File.Exists(Own) ? Own : null) ?? Find(Default) ?? Default;

    /// <summary>Finds a shipped file: in this folder or one above it, else beside the program.</summary>
    /// <returns>Null if it is not found.</returns>
    public static string? Find(string relative)
    {
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, relative);
            if (File.Exists(path))
            {
                return Path.GetRelativePath(Environment.CurrentDirectory, path);
            }
        }

        var beside = Path.Combine(AppContext.BaseDirectory, relative);
        return File.Exists(beside) ? beside : null;
    }

    /// <summary>Loads a configuration, or prints all its problems to standard error.</summary>
    /// <param name="path">The file.</param>
    /// <param name="needsModel">Whether the model's file must exist.</param>
    public static CartRecoveryConfig? Load(string path, bool needsModel = false)
    {
        var (config, problems) = Read(path, needsModel);
        Print(problems);
        return config;
    }

    /// <summary>Loads a configuration for a running engine.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overlay">The settings API's changes.</param>
    /// <returns>The configuration; <see langword="null"/> if there are problems.</returns>
    public static (CartRecoveryConfig? Config, IReadOnlyList<ConfigProblem> Problems) Reload(string path, SettingsOverlay overlay)
    {
        var (config, problems) = Read(path, needsModel: true, overlay);
        return (config, [.. Sorted(problems)]);
    }

    /// <summary>Prints problems in the order of the file.</summary>
    public static void Print(IEnumerable<ConfigProblem> problems)
    {
        foreach (var problem in Sorted(problems))
        {
            Console.Error.WriteLine(problem);
        }
    }

    // By file: the first is the configuration's, unless only one that it names has problems.
    static IEnumerable<ConfigProblem> Sorted(IEnumerable<ConfigProblem> problems) =>
        problems.Distinct().GroupBy(p => p.File).SelectMany(file => file.OrderBy(p => p.Line).ThenBy(p => p.Column));

    static (CartRecoveryConfig? Config, List<ConfigProblem> Problems) Read(string path, bool needsModel, SettingsOverlay? overlay = null)
    {
        var result = ConfigLoader.Load(path, Catalog, overlay);
        var problems = ConfigInspection.Of(result);
        if (needsModel && result.Draft is { } draft && ConfigInspection.MissingModel(draft) is { } missing)
        {
            problems.Add(missing);
        }

        return (problems.Count == 0 ? result.Config : null, problems);
    }

    /// <summary>Describes why the model cannot be loaded, with its position in the file.</summary>
    public static string ProblemOf(CartRecoveryConfig config, ModelException e) => e.Code == ModelException.NativeLibraryMissing
        ? $"error: {e.Code}: {e.Message}"
        : e.Name is { } name ? NamedModels.ProblemOf(config, name, e).ToString()
        : config.Origin.ProblemOf(config.Scoring, "model", $"scoring.model: {e.Code}: {e.Message}").ToString();

    // Opening the folder reports the problem.
    static int PartitionsOf(string data)
    {
        try
        {
            return DataFolder.ReadFormat(data)?.Partitions ?? 0;
        }
        catch (Exception e) when (e is DataFolderException or IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Plans the memory of a configuration, or returns <see langword="null"/> after printing why it does not fit.</summary>
    public static MemoryBudget? Plan(CartRecoveryConfig config) => Plan(config, PartitionsOf(config.Data));

    /// <inheritdoc cref="Plan(CartRecoveryConfig)"/>
    /// <param name="config">The configuration.</param>
    /// <param name="partitions">The number of partitions that the data folder has, or will have.</param>
    public static MemoryBudget? Plan(CartRecoveryConfig config, int partitions)
    {
        var budget = new MemoryBudget(config, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, partitions);
        if (budget.Fits)
        {
            return budget;
        }

        Console.Error.WriteLine(ConfigInspection.DoesNotFit(config, budget));
        Console.Error.WriteLine(budget);
        return null;
    }

    /// <summary>Plans the memory of a configuration; the plan may not fit.</summary>
    public static MemoryBudget BudgetOf(CartRecoveryConfig config) =>
        new(config, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, PartitionsOf(config.Data));
}
