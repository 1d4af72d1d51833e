using System.Globalization;
using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Models;

/// <summary>A file beside the models that says which version a running engine serves, so that a command sees what became of its change.</summary>
/// <param name="Model">The model whose champion decides.</param>
/// <param name="Version">The version's id; empty if it is not registered.</param>
/// <param name="Problem">Why the champion is not served; <see langword="null"/> if it is.</param>
/// <param name="Moves">The number of the last move of the model's aliases that the engine has followed.</param>
sealed record ServingStatusFile(string Model, string Version, string? Problem, long Moves)
{
    const string Name = "serving";

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, Name);
        File.WriteAllLines(path + ".new", [Version, Problem?.ReplaceLineEndings(" ") ?? "", Model, Moves.ToString(CultureInfo.InvariantCulture)]);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Reads the file; <see langword="null"/> if there is none.</summary>
    public static ServingStatusFile? Read(string folder)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(folder, Name)) is [var version, var problem, var model, var number, ..]
                && long.TryParse(number, CultureInfo.InvariantCulture, out var moves)
                ? new ServingStatusFile(model, version, problem.Length == 0 ? null : problem, moves) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Returns what the engine serves since it followed a move; <see langword="null"/> until it has.</summary>
    public static ServingStatusFile? Answer(string folder, ModelAliasChange change) =>
        Read(folder) is { } status && status.Moves >= change.Number ? status : null;
}
