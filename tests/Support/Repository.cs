namespace CartRecovery.Tests.Support;

/// <summary>Locates the sources for tests that read them.</summary>
static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    static string Find(string? folder) =>
        folder is null ? throw new InvalidOperationException("CartRecovery.sln was not found in any folder above the tests.")
        : File.Exists(Path.Combine(folder, "CartRecovery.sln")) ? folder
        : Find(Path.GetDirectoryName(folder));
}
