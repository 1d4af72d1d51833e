using CartRecovery.Bench.Drift;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.Drift;

/// <summary>Published streams with drift. They are not part of the repository; tests that need them are ignored without them.</summary>
static class DriftStreams
{
    /// <summary>Reads a stream.</summary>
    public static LabelledStream Read(string name)
    {
        var path = Path.GetFullPath(Path.Combine("..", "shared", "data", "drift", $"{name}.csv.gz"), Repository.Root);
        if (!File.Exists(path))
        {
            Assert.Ignore($"The stream is not part of the repository and was not found at {path}.");
        }

        return LabelledStream.Read(path);
    }
}
