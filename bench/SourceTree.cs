namespace CartRecovery.Bench;

/// <summary>The repository that this was built in: the shipped configuration, the model and the demo's events are read from it.</summary>
static class SourceTree
{
    /// <summary>Its folder.</summary>
    /// <exception cref="DirectoryNotFoundException">It was built elsewhere.</exception>
    public static string Root { get; } = Find();

    /// <summary>A file or folder in it.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, relative);

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CartRecovery.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("run it inside the repository");
    }
}
