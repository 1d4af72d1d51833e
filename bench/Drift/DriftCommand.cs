using System.Diagnostics;
using System.Globalization;

namespace CartRecovery.Bench.Drift;

/// <summary>The <c>drift</c> command: finds known drifts in published streams, and measures learners that follow drift.</summary>
static class DriftCommand
{
    const string Usage = "drift --data FOLDER   (streams named *_abrupto*.csv.gz, whose rule changes after each quarter, and elec.csv.gz)";

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>drift</c>.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args)
    {
        if (args is not ["--data", var folder] || !Directory.Exists(folder))
        {
            Console.Error.WriteLine($"Usage: {Usage}");
            return Task.FromResult(2);
        }

        var (found, drifts, alarms) = (0, 0, 0);
        foreach (var path in Directory.GetFiles(folder, "*_abrupto*.csv.gz").Order(StringComparer.Ordinal))
        {
            var stream = LabelledStream.Read(path);
            var quarter = stream.Rows.Length / 4;
            var detected = DetectedDrifts.In(stream, [quarter, 2 * quarter, 3 * quarter]);
            Console.WriteLine($"{stream.Name}: delays {string.Join(", ", detected.Delays.Select(delay => delay?.ToString(CultureInfo.InvariantCulture) ?? "missed"))} rows; "
                + $"false alarms {(detected.FalseAlarms.Count == 0 ? "none" : string.Join(", ", detected.FalseAlarms))}");
            found += detected.Delays.Count(delay => delay is not null);
            drifts += detected.Delays.Count;
            alarms += detected.FalseAlarms.Count;
        }

        Console.WriteLine($"found {found} of {drifts} drifts within {DetectedDrifts.MaxDelay} rows; {alarms} false alarms");
        if (Path.Combine(folder, "elec.csv.gz") is var electricity && File.Exists(electricity))
        {
            var stream = LabelledStream.Read(electricity);
            var features = stream.Rows[0].Length;
            Measure(stream, "naive Bayes", new GaussianNaiveBayes(features, 2), forget: false);
            Measure(stream, "naive Bayes that ADWIN resets", new GaussianNaiveBayes(features, 2), forget: true);
            Measure(stream, "Hoeffding tree", new HoeffdingTree(features, 2, new HoeffdingTreeOptions()), forget: false);
            Measure(stream, "adaptive forest, 10 trees", new AdaptiveForest(features, 2), forget: false);
        }

        return Task.FromResult(0);
    }

    static void Measure(LabelledStream stream, string name, IOnlineClassifier learner, bool forget)
    {
        var began = Stopwatch.GetTimestamp();
        var accuracy = stream.PrequentialAccuracy(learner, forget);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{stream.Name}: {name}: prequential accuracy {accuracy:F4}, {stream.Rows.Length / Stopwatch.GetElapsedTime(began).TotalSeconds:N0} rows/s"));
    }
}
