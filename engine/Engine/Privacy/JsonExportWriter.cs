using System.Text.Json;
using CartRecovery.Engine.Events.Json;

namespace CartRecovery.Engine.Privacy;

/// <summary>Writes an export as one JSON object: an array for each kind of data, and <c>manifest</c>.</summary>
/// <param name="output">The stream to write to.</param>
public sealed class JsonExportWriter(Stream output) : IPersonExportWriter
{
    const int FlushAt = 64 * 1024;

    readonly Utf8JsonWriter _json = Open(output);

    /// <inheritdoc/>
    public void Begin(string name) => _json.WriteStartArray(name);

    /// <inheritdoc/>
    public void Write(Action<Utf8JsonWriter> item)
    {
        item(_json);
        if (_json.BytesPending >= FlushAt)
        {
            _json.Flush();
        }
    }

    /// <inheritdoc/>
    public void End() => _json.WriteEndArray();

    /// <inheritdoc/>
    public void Finish(Action<Utf8JsonWriter> manifest)
    {
        _json.WritePropertyName("manifest"u8);
        manifest(_json);
        _json.WriteEndObject();
        _json.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    static Utf8JsonWriter Open(Stream output)
    {
        var json = new Utf8JsonWriter(output, EventJson.WriterOptions);
        json.WriteStartObject();
        return json;
    }
}
