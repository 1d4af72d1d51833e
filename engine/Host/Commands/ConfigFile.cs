using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.State;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Commands;

/// <summary>Finds and loads the configuration for a verb.</summary>
static class ConfigFile
{
    const string Own = "cartrecovery.yaml";
    const string Default = "config/cartrecovery.yaml";

    /// <summary>What a configuration may name.</summary>
    public static ConfigCatalog Catalog { get; } = new(SinkCatalog.All, FeatureTable.Names);

    /// <summary>The file that a verb reads: the one it was told, or that of <c>init</c> in this folder, or the default one.</summary>
    public static string Locate(string? told) => told ?? (File.Exists(Own) ? Own : null) ?? Find(Default) ?? Default;

    /// <summary>A shipped file: in this folder or one above it, else beside the program.</summary>
    /// <returns>Null when it is nowhere.</returns>
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

    /// <summary>Loads a configuration, or prints every problem it has to standard error.</summary>
    /// <param name="path">The file.</param>
    /// <param name="needsModel">Whether the model's file must be there.</param>
    public static CartRecoveryConfig? Load(string path, bool needsModel = false)
    {
        var result = ConfigLoader.Load(path, Catalog);
        var problems = ConfigInspection.Of(result);
        if (needsModel && result.Draft is { } draft && ConfigInspection.MissingModel(draft) is { } missing)
        {
            problems.Add(missing);
        }

        Print(problems);
        return problems.Count == 0 ? result.Config : null;
    }

    /// <summary>Prints problems in the file's order.</summary>
    public static void Print(IEnumerable<ConfigProblem> problems)
    {
        foreach (var problem in problems.Distinct().OrderBy(p => p.Line).ThenBy(p => p.Column))
        {
            Console.Error.WriteLine(problem);
        }
    }

    /// <summary>Why the configuration's model cannot be used, with the place where it is named.</summary>
    public static string ProblemOf(CartRecoveryConfig config, ModelException e) => e.Code == ModelException.NativeLibraryMissing
        ? $"error: {e.Code}: {e.Message}"
        : config.Origin.ProblemOf(config.Scoring, "model", $"scoring.model: {e.Code}: {e.Message}").ToString();

    // What is wrong with the folder is said when it is opened.
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

    /// <summary>The memory plan of a configuration, or <see langword="null"/> after it has printed why it does not fit.</summary>
    public static MemoryBudget? Plan(CartRecoveryConfig config)
    {
        var budget = BudgetOf(config);
        if (budget.Fits)
        {
            return budget;
        }

        Console.Error.WriteLine(ConfigInspection.DoesNotFit(config, budget));
        Console.Error.WriteLine(budget);
        return null;
    }

    /// <summary>The memory plan of a configuration, which may not fit.</summary>
    public static MemoryBudget BudgetOf(CartRecoveryConfig config) =>
        new(config, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, PartitionsOf(config.Data));
}
