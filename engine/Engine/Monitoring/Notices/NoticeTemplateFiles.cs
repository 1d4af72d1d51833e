using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>Reads the files that <c>templates</c> names: paths relative to the configuration's folder, with <c>*</c> and <c>?</c> in their last part.</summary>
static class NoticeTemplateFiles
{
    const int MaxBytes = 1 << 20;

    /// <summary>Reads the files.</summary>
    /// <param name="fields">The configuration.</param>
    /// <param name="file">Its file.</param>
    /// <param name="problems">Receives what is wrong, with the file and line.</param>
    /// <returns>The templates, and the files with the folders of patterns.</returns>
    public static (TemplateSet Templates, IReadOnlyList<string> Paths) Read(YamlFields fields, string file, ConfigProblems problems)
    {
        var set = new TemplateSet();
        List<(string Path, string Text)> read = [];
        List<string> found = [];
        foreach (var pattern in fields.Texts("templates"))
        {
            var path = Path.GetFullPath(pattern, Path.GetDirectoryName(Path.GetFullPath(file))!);
            var (folder, name) = (Path.GetDirectoryName(path) ?? "", Path.GetFileName(path));
            try
            {
                var isPattern = name.AsSpan().IndexOfAny('*', '?') >= 0;
                string[] files = !isPattern ? [path] : Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, name).Order(StringComparer.Ordinal)] : [];
                found.AddRange(isPattern ? [folder, .. files] : files);
                read.AddRange(files.Select(one => (one, Text(one))));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add(fields.Where("templates"), $"templates: {path} cannot be read: {e.Message}");
            }
        }

        // A file may call what a later one defines.
        foreach (var step in (Action<string>[])[set.Add, set.Check])
        {
            if (!Try(read, step, problems))
            {
                break;
            }
        }

        return (set, found);
    }

    static bool Try(List<(string Path, string Text)> files, Action<string> step, ConfigProblems problems)
    {
        var isValid = true;
        foreach (var (path, text) in files)
        {
            try
            {
                step(text);
            }
            catch (TemplateException e)
            {
                isValid = false;
                problems.Add(path, new SourceLocation(Math.Max(1, e.Line), 1), e.Message);
            }
        }

        return isValid;
    }

    static string Text(string path) => new FileInfo(path) is { Exists: true, Length: > MaxBytes } ? throw new IOException("the file is longer than 1 MB") : File.ReadAllText(path);
}
