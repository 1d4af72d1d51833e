namespace CartRecovery.Bench;

/// <summary>The repository that this program was built in, with the shipped configuration, the model and the demo's events.</summary>
static class SourceTree
{
    /// <summary>The repository's folder.</summary>
    /// <exception cref="DirectoryNotFoundException">The program was not built inside the repository.</exception>
    public static string Root { get; } = Find();

    /// <summary>Returns the path of a file or folder in the repository.</summary>
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
