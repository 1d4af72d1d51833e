using System.Diagnostics;
using System.Globalization;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Bench.Training;

/// <summary>
/// The <c>train</c> command: our boosted trees and LightGBM's with the same options on the same rows, one thread each, in turns: AUC, log loss
/// and time.
/// </summary>
static class TrainCommand
{
    const string Usage = "train [--shoppers FILE] [--rows 1000000] [--columns 40] [--rounds 3]";

    static readonly BoostedTreesOptions s_shoppers = new() { Count = 400, Depth = 4, LearningRate = 0.03, MinChildWeight = 3, FeatureShare = 0.4 };

    static readonly BoostedTreesOptions s_large = new()
    {
        Count = 100,
        Depth = 8,
        Leaves = 31,
        LearningRate = 0.1,
        L2 = 1,
        MinChildWeight = 1,
        MaxBins = 256,
        RowShare = 1,
        FeatureShare = 1,
    };

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>train</c>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (args.Length % 2 != 0 || !Number("--rows", 1_000_000, 10_000_000, out var rows) || !Number("--columns", 40, 200, out var columns) || columns < 10
            || !Number("--rounds", 3, 100, out var rounds))
        {
            Console.Error.WriteLine($"Usage: {Usage}");
            return 2;
        }

        try
        {
            if (values.TryGetValue("--shoppers", out var path))
            {
                var set = TrainData.OnlineShoppers(path);
                var foldOf = Splits.FoldsByGroup(set, 5, 1);
                Compare("Online Shoppers, 5 folds", [.. Enumerable.Range(0, 5).Select(fold => Splits.AtFold(set, foldOf, fold))], s_shoppers, rounds);
            }

            Compare($"synthetic, {rows:N0} × {columns}", [(TrainData.Synthetic(rows, columns, 1), TrainData.Synthetic(Math.Min(rows, 200_000), columns, 2))], s_large, rounds);
            return 0;
        }
        catch (Exception failed) when (failed is IOException or DllNotFoundException or InvalidOperationException)
        {
            Console.Error.WriteLine(failed.Message);
            return 1;
        }

        bool Number(string name, int otherwise, int most, out int value)
            => int.TryParse(values.GetValueOrDefault(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture, out value) && value >= 1 && value <= most;
    }

    static void Compare(string name, (TrainingSet Train, TrainingSet Test)[] parts, BoostedTreesOptions options, int rounds)
    {
        List<double> ours = [], theirs = [];
        List<Measures> ourQuality = [], theirQuality = [];
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(0);
            theirs.Add(0);
            foreach (var (train, test) in parts)
            {
                ourQuality.Add(Measure(train, test, Ours, ours));
                theirQuality.Add(Measure(train, test, LightGbm.Fit, theirs));
            }
        }

        Print("ours", ours, ourQuality);
        Print("LightGBM 4.7.0", theirs, theirQuality);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: our time / LightGBM's, median of {rounds} rounds: {Median(ours.Zip(theirs, (a, b) => a / b)):F2}"));

        Measures Measure(TrainingSet train, TrainingSet test, Func<TrainingSet, BoostedTreesOptions, TrainingSet, Action, float[]> fit, List<double> seconds)
        {
            // Processor time, which other processes change little; each trainer has one thread.
            GC.Collect();
            var (before, after) = (Cpu(), TimeSpan.Zero);
            var scores = fit(train, options, test, () => after = Cpu());
            seconds[^1] += (after - before).TotalSeconds;
            return Measures.Of(scores, test.Labels);
        }

        void Print(string trainer, List<double> seconds, List<Measures> quality) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {trainer}: AUC {quality.Average(q => q.Auc):F4}, AP {quality.Average(q => q.AveragePrecision):F4}, log loss {quality.Average(q => q.LogLoss):F4}, {Median(seconds):F2} s of processor time"));
    }

    static TimeSpan Cpu()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    static float[] Ours(TrainingSet train, BoostedTreesOptions options, TrainingSet test, Action trained)
    {
        var trees = BoostedTrees.Fit(train, options, 1);
        trained();
        return [.. Enumerable.Range(0, test.Count).Select(i => trees.Predict(test.Row(i)))];
    }

    static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
