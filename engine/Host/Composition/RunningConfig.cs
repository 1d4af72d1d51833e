using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Composition;

/// <summary>
/// A file in the data folder with the configuration of the running engine, for <c>check --against-running</c>. It has a line per key,
/// <c>PATH HASH</c>. Values are hashed with the folder's secret, because some are secrets.
/// </summary>
static class RunningConfig
{
    /// <summary>The name of the file.</summary>
    public const string Name = "running";

    /// <summary>Writes the file.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="secret">The folder's secret.</param>
    /// <param name="values">The values in force.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string folder, byte[] secret, IEnumerable<ConfigValue> values)
    {
        var path = Path.Combine(folder, Name);
        File.WriteAllLines(path + ".tmp", values.Select(value => $"{value.Path} {HashOf(secret, value)}"));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>Deletes the file.</summary>
    public static void Delete(string folder) => File.Delete(Path.Combine(folder, Name));

    /// <summary>Compares a configuration with the running one.</summary>
    /// <returns>The changed keys that a reload applies, and those that require a restart; <see langword="null"/> if no engine is running.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read.</exception>
    public static (IReadOnlyList<string> Reloads, IReadOnlyList<string> Restarts)? Compare(
        string folder, IReadOnlyCollection<ConfigValue> values)
    {
        var (file, secret) = (Path.Combine(folder, Name), Path.Combine(folder, "secret"));
        if (!DataFolder.IsInUse(folder) || !File.Exists(file) || !File.Exists(secret))
        {
            return null;
        }

        var (key, kinds) = (File.ReadAllBytes(secret), values.ToDictionary(value => value.Path, value => value.Reloads,
            StringComparer.Ordinal));
        return ConfigValues.Compare(
            [.. File.ReadAllLines(file).Select(line => line.Split(' ')).Where(words => words.Length == 2)
                .Select(words => new ConfigValue(words[0], kinds.GetValueOrDefault(words[0], ConfigValues.Reloads(words[0])), words[1]))],
            [.. values.Select(value => value with { Text = HashOf(key, value) })]);
    }

    static string HashOf(byte[] secret, ConfigValue value) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"configuration {value.Path} {value.Text}")).AsSpan(0, 16));
}
