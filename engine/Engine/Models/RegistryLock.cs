namespace CartRecovery.Engine.Models;

/// <summary>Excludes other processes from changes of the registry: an engine and commands beside it.</summary>
static class RegistryLock
{
    internal const string Name = "lock";

    const int Attempts = 250, MillisecondsBetween = 20;

    static readonly ManualResetEventSlim s_never = new();

    /// <summary>Takes the lock; waits at most about five seconds.</summary>
    /// <exception cref="ModelRegistryException"><see cref="ModelRegistryException.Busy"/>.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    internal static FileStream Take(string root)
    {
        var path = Path.Combine(root, Name);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException) && attempt < Attempts)
            {
                s_never.Wait(MillisecondsBetween);
            }
            catch (IOException e) when (attempt == Attempts)
            {
                throw new ModelRegistryException(ModelRegistryException.Busy, $"Another process uses {root}; try again. ({e.Message.TrimEnd('.')})");
            }
        }
    }
}
