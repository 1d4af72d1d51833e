using System.Text.Json;

namespace CartRecovery.Engine.Privacy;

/// <summary>Writes the export of a person in a format, one item after another, to a stream. Memory is bounded by an item.</summary>
public interface IPersonExportWriter : IDisposable
{
    /// <summary>Begins a kind of data.</summary>
    /// <param name="name">Its name, in camelCase.</param>
    void Begin(string name);

    /// <summary>Writes an item of the kind.</summary>
    void Write(Action<Utf8JsonWriter> item);

    /// <summary>Ends the kind.</summary>
    void End();

    /// <summary>Writes what the export has and what it has not, and ends it.</summary>
    void Finish(Action<Utf8JsonWriter> manifest);
}
