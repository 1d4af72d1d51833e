using System.IO.Compression;
using System.Text.Json;
using CartRecovery.Engine.Events.Json;

namespace CartRecovery.Engine.Privacy;

/// <summary>Writes an export as a zip archive: a file of JSON lines for each kind of data, and <c>manifest.json</c>.</summary>
/// <param name="output">The stream to write to; it need not seek.</param>
/// <param name="time">The clock, for the times of the files.</param>
public sealed class ZipExportWriter(Stream output, TimeProvider time) : IPersonExportWriter
{
    readonly ZipArchive _zip = new(output, ZipArchiveMode.Create, leaveOpen: true);
    Stream? _file;
    Utf8JsonWriter? _json;

    /// <inheritdoc/>
    public void Begin(string name)
    {
        _file = Create($"{name}.ndjson");
        _json = new Utf8JsonWriter(_file, EventJson.WriterOptions);
    }

    /// <inheritdoc/>
    public void Write(Action<Utf8JsonWriter> item)
    {
        item(_json!);
        _json!.Flush();
        _file!.WriteByte((byte)'\n');
        _json.Reset();
    }

    /// <inheritdoc/>
    public void End()
    {
        _json!.Dispose();
        _file!.Dispose();
        (_json, _file) = (null, null);
    }

    /// <inheritdoc/>
    public void Finish(Action<Utf8JsonWriter> manifest)
    {
        using (var file = Create("manifest.json"))
        using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
        {
            manifest(json);
        }

        _zip.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _json?.Dispose();
        _file?.Dispose();
        _zip.Dispose();
    }

    Stream Create(string name)
    {
        var entry = _zip.CreateEntry(name, CompressionLevel.Fastest);
        entry.LastWriteTime = time.GetUtcNow();
        return entry.Open();
    }
}
