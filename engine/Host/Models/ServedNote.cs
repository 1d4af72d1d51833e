using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Models;

/// <summary>A file beside the models that says which version a running engine serves, so that a command sees what became of its change.</summary>
/// <param name="Version">The version's id; empty if it is not registered.</param>
/// <param name="Problem">Why the champion is not served; <see langword="null"/> if it is.</param>
sealed record ServedNote(string Version, string? Problem)
{
    const string Name = "serving";

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, Name);
        File.WriteAllLines(path + ".new", [Version, Problem?.ReplaceLineEndings(" ") ?? ""]);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Reads the file; <see langword="null"/> if there is none.</summary>
    public static ServedNote? Read(string folder)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(folder, Name)) is [var version, var problem, ..] ? new ServedNote(version, problem.Length == 0 ? null : problem) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Returns whether the engine has followed the champion: it serves it, or says why not.</summary>
    public static ServedNote? Answer(string folder, ModelAliasChange change) =>
        Read(folder) is { } note && (note.Version == change.To || note.Problem is not null) ? note : null;
}
