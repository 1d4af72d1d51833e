using System.Security.Cryptography;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Jobs;

/// <summary>The id of a data folder's engine, which tells engines that share a control database apart.</summary>
static class EngineId
{
    /// <summary>The name of the file in the data folder.</summary>
    public const string Name = "engine";

    const int Bytes = 8;

    /// <summary>Reads the id; creates it if there is none. The caller must hold the folder's lock.</summary>
    /// <param name="folder">The data folder.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
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

    /// <summary>Reads the id; returns <see langword="null"/> if no engine has created one.</summary>
    public static string? Find(string folder)
    {
        var file = Path.Combine(folder, Name);
        return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: 2 * Bytes } id ? id : null;
    }
}
