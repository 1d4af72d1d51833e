using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Data;

/// <summary>Reads and replaces the file of a data folder with the numbers of its stores: <see cref="StoreRegistry"/>.</summary>
static class StoreNumbersFile
{
    /// <summary>The file's name; <c>stores</c> is the folder of spilled records.</summary>
    public const string Name = "store-numbers";

    /// <summary>Reads the registry without locking the folder.</summary>
    /// <param name="folder">The data folder.</param>
    /// <returns>The registry; <see langword="null"/> if the folder has none.</returns>
    /// <exception cref="DataFolderException"><c>data_stores</c>: the file is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static StoreRegistry? Read(string folder)
    {
        var file = Path.Combine(folder, Name);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return StoreRegistry.Parse(File.ReadAllText(file));
        }
        catch (InvalidDataException e)
        {
            throw new DataFolderException("data_stores", $"{file}: {e.Message}");
        }
    }

    /// <summary>Replaces the registry atomically and durably.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string folder, StoreRegistry registry) =>
        DurableFile.Write(Path.Combine(folder, Name), Encoding.UTF8.GetBytes(registry.ToString()));
}
