using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Commands;

/// <summary>Finds and loads the configuration for a verb.</summary>
static class ConfigFile
{
    const string Default = "config/cartrecovery.yaml";

    /// <summary>What a configuration may name.</summary>
    public static ConfigCatalog Catalog { get; } = new(SinkCatalog.All, FeatureTable.Names, CampaignMessage.Variables);

    /// <summary>The file that a verb reads: the one it was told, or the default one.</summary>
    public static string Locate(string? told) => told ?? Find(Default) ?? Default;

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
    public static CartRecoveryConfig? Load(string path)
    {
        var result = ConfigLoader.Load(path, Catalog);
        foreach (var problem in result.Problems)
        {
            Console.Error.WriteLine(problem);
        }

        return result.Config is { } config && SinksCanWork(result, config) ? config : null;
    }

    // What only the sink itself can check, such as two options together. Creating it opens nothing.
    static bool SinksCanWork(ConfigResult result, CartRecoveryConfig config)
    {
        var fine = true;
        foreach (var (name, sink) in config.Sinks)
        {
            try
            {
                var spec = SinkCatalog.All.Single(s => s.Type == sink.Type);
                spec.Create(new SinkSettings(name, spec, sink.Options)).Sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
            catch (SinkConfigurationException e)
            {
                Console.Error.WriteLine(result.ProblemOf(name, e));
                fine = false;
            }
        }

        return fine;
    }

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

    /// <summary>The memory plan of a configuration, or what to do when it does not fit.</summary>
    public static MemoryBudget? Plan(CartRecoveryConfig config)
    {
        var budget = new MemoryBudget(config, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, PartitionsOf(config.Data));
        if (budget.Fits)
        {
            return budget;
        }

        Console.Error.WriteLine($"error: the configuration plans with more memory than it may use; lower memory.carts, or raise memory.limit\n{budget}");
        return null;
    }
}
