using System.Text.Json;

namespace CartRecovery.Engine.Privacy;

/// <summary>Writes the export of a person to a stream in some format, item by item. Memory is bounded by one item. Not thread-safe.</summary>
public interface IPersonExportWriter : IDisposable
{
    /// <summary>Begins a section for one kind of data.</summary>
    /// <param name="name">The kind's name, in camelCase.</param>
    void Begin(string name);

    /// <summary>Writes an item of the section.</summary>
    void Write(Action<Utf8JsonWriter> item);

    /// <summary>Ends the section.</summary>
    void End();

    /// <summary>Writes the manifest, and ends the export.</summary>
    void Finish(Action<Utf8JsonWriter> manifest);
}
