using System.Buffers;
using System.Text.Json;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins;

/// <summary>
/// Appends each intervention to a file as a line of JSON. A batch is one append, passed to the operating system before it counts as
/// delivered. With <c>maxBytes</c>, a full file is renamed to <c>path.1</c>, replacing the previous one, so two files are kept.
/// </summary>
public sealed class FileSink : ISink
{
    readonly string _path;
    readonly long _maxBytes;
    readonly SemaphoreSlim _writeLock = new(1);
    readonly ArrayBufferWriter<byte> _lines = new();
    FileStream? _file;

    FileSink(string path, long maxBytes)
    {
        _path = path;
        _maxBytes = maxBytes;
    }

    /// <summary>The <c>file</c> sink type.</summary>
    public static SinkSpec Spec { get; } = new(
        "file",
        "Appends each intervention to a file, one JSON object per line.",
        [
            SinkOption.Text("path", "The file, relative to the working directory. Missing folders are created.", required: true),
            SinkOption.Integer("maxBytes", "The size at which the file is renamed to path.1 and a new one begins. Absent: never.", min: 4096),
        ],
        Create)
    {
        ActsOnMachine = true,
    };

    /// <inheritdoc/>
    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        await CloseFileAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        // Owner only, because interventions contain personal data.
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        var file = new FileStream(_path, options);
        try
        {
            await EndTornLineAsync(file, cancellationToken);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }

        _file = file;
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        await _writeLock.WaitAsync(cancellationToken);
        try
        {
            _lines.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_lines))
            {
                foreach (var intervention in batch.Items)
                {
                    JsonSerializer.Serialize(json, intervention, ContractsJson.Default.Intervention);
                    json.Flush();
                    _lines.Write("\n"u8);
                    json.Reset();
                }
            }

            if (_file is { Length: > 0 } full && full.Length + _lines.WrittenCount > _maxBytes)
            {
                await CloseFileAsync();
                File.Move(_path, _path + ".1", overwrite: true);
                await ConnectAsync(cancellationToken);
            }

            var file = _file ?? throw new IOException("the file is not open");
            await file.WriteAsync(_lines.WrittenMemory, cancellationToken);
            batch.DeliverRemaining();
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseFileAsync();
        _writeLock.Dispose();
    }

    static SinkInstance Create(SinkSettings settings)
    {
        var path = settings.GetText("path");
        if (Path.EndsInDirectorySeparator(path))
        {
            throw SinkConfigurationException.Expected("path", "a file, not a folder");
        }

        var sink = new FileSink(Path.GetFullPath(path), settings.FindInteger("maxBytes") ?? long.MaxValue);
        return new SinkInstance(sink, _ => ValueTask.FromResult(sink.Health()));
    }

    SinkHealth Health() => _file is null
        ? new SinkHealth(Healthy: false, "the file is not open")
        : File.Exists(_path)
            ? new SinkHealth(Healthy: true, _path)
            : new SinkHealth(Healthy: false, $"{_path} was deleted; new lines are lost");

    // If a process died in the middle of a line, start the next on a new line.
    static async ValueTask EndTornLineAsync(FileStream file, CancellationToken cancellationToken)
    {
        if (file.Length == 0)
        {
            return;
        }

        var last = new byte[1];
        file.Seek(-1, SeekOrigin.End);
        if (await file.ReadAsync(last, cancellationToken) == 1 && last[0] != '\n')
        {
            await file.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }

        file.Seek(0, SeekOrigin.End);
    }

    async ValueTask CloseFileAsync()
    {
        if (_file is not { } file)
        {
            return;
        }

        _file = null;
        await file.DisposeAsync();
    }
}
