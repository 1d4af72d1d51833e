using System.Text;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.Ingest.DeadLetters;

/// <summary>Sample dead letters.</summary>
static class DeadLetterSamples
{
    public static DeadLetterBounds Bounds { get; } = new(64 << 20, TimeSpan.FromDays(30));

    public static DeadLetter Of(string text, long at = EventReading.Now, string code = "wrong_type") => Of(Encoding.UTF8.GetBytes(text), at, code);

    public static DeadLetter Of(byte[] bytes, long at = EventReading.Now, string code = "wrong_type") =>
        new(at, "demo", "tcp", 7_654_321_987_654_321_987, FromServer: true, code, "'price' must be a number", IsTruncated: false, bytes);

    public static string TextOf(this DeadLetter letter) => Encoding.UTF8.GetString(letter.Event);
}

/// <summary>A folder deleted after the test.</summary>
sealed class DeadLetterFolder : IDisposable
{
    readonly string _root = Directory.CreateTempSubdirectory("cartrecovery-").FullName;

    public string Path => System.IO.Path.Combine(_root, "deadletters");

    public string[] Segments => [.. Directory.GetFiles(Path, "0*.ndjson").Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
