using CartRecovery.Primitives.Files;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>Writes a file of the archive. Not thread-safe.</summary>
sealed class ArchivePart : IDisposable
{
    readonly ArchiveFolder _folder;
    readonly FileStream _file;
    readonly ParquetRowWriter _rows;
    readonly string _path;
    readonly string _store;
    readonly DateOnly _date;
    SyncSteps _steps;
    long _end;
    bool _isPublished;

    /// <param name="folder">The archive.</param>
    /// <param name="path">The file's path, relative to the folder.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="date">The day.</param>
    /// <param name="memory">Memory for the rows of a row group, in bytes.</param>
    public ArchivePart(ArchiveFolder folder, string path, string store, DateOnly date, int memory)
    {
        (_folder, _path, _store, _date) = (folder, path, store, date);
        _file = folder.CreateDraft(path);
        _rows = new ParquetRowWriter(_file, EventRows.Columns, memory);
    }

    /// <summary>Number of rows.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds a row.</summary>
    public void Write(object?[] row)
    {
        _rows.Write(row);
        Rows++;
        var end = _file.Position;
        if (_steps.IsDue((int)(end - _end)))
        {
            _file.Flush(flushToDisk: true);
        }

        _end = end;
    }

    /// <summary>Writes the footer, syncs the draft, and renames it to the file.</summary>
    public ArchiveFile Publish()
    {
        _rows.Finish();
        _file.Flush(flushToDisk: true);
        Close();
        var file = _folder.Publish(_path, _store, _date, Rows);
        _isPublished = true;
        return file;
    }

    // What is not finished has personal data, so it does not wait for the next run.
    public void Dispose()
    {
        Close();
        if (!_isPublished)
        {
            _folder.DeleteDraft(_path);
        }
    }

    void Close()
    {
        _rows.Dispose();
        _file.Dispose();
    }
}
