using System.Security.Cryptography;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>The file of a model. Opens regular files of a bounded size alone: a configuration may name anything, such as a pipe, which never ends.</summary>
public static class ModelFile
{
    /// <summary>Maximum size, in bytes.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>Throws if a file cannot be a model's.</summary>
    /// <exception cref="ModelException"><see cref="ModelException.NotFound"/> or <see cref="ModelException.Unreadable"/>.</exception>
    public static void Check(string path)
    {
        if (!File.Exists(path))
        {
            throw new ModelException(ModelException.NotFound, $"There is no model at {path}.");
        }

        if (!IsAcceptable(path))
        {
            throw new ModelException(
                ModelException.Unreadable, $"{path} cannot be a model: expected a regular file of 1 byte to {MaxBytes >> 20} MB that the engine may read.");
        }
    }

    /// <summary>Computes the SHA-256 of a file.</summary>
    /// <returns>Upper-case hexadecimal; <see langword="null"/> if the file cannot be a model's.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read.</exception>
    public static string? HashOf(string path)
    {
        if (!File.Exists(path) || !IsAcceptable(path))
        {
            return null;
        }

        using var file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }

    // Devices, pipes and sockets have no length, and are never opened: that alone may block or have an effect.
    static bool IsAcceptable(string path)
    {
        try
        {
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
            return target is FileInfo { Exists: true, Length: > 0 and <= MaxBytes };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
