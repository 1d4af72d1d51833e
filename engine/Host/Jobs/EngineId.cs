using System.Security.Cryptography;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Jobs;

/// <summary>The id of the engine that a data folder belongs to, by which engines that share a control database tell each other apart.</summary>
static class EngineId
{
    /// <summary>The file's name in the data folder.</summary>
    public const string Name = "engine";

    const int Bytes = 8;

    /// <summary>Reads the id, and makes it if there is none. The caller holds the folder's lock.</summary>
    /// <param name="folder">The data folder.</param>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public static string Of(string folder)
    {
        if (Find(folder) is { } known)
        {
            return known;
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes));
        DurableFile.Write(Path.Combine(folder, Name), Encoding.ASCII.GetBytes(id));
        return id;
    }

    /// <summary>Reads the id; <see langword="null"/> if no engine has made one.</summary>
    public static string? Find(string folder)
    {
        var file = Path.Combine(folder, Name);
        return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: 2 * Bytes } id ? id : null;
    }
}
