using System.Diagnostics;
using System.Globalization;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;

namespace CartRecovery.Bench.Learning;

/// <summary>
/// The <c>learning</c> command: a simulated shop whose truth is known learns for four weeks from the shipped model on, changes in week five, and gets
/// candidates that were trained on flipped labels.
/// </summary>
static class LearningCommand
{
    const string Usage = "learning [--model config/models/purchase.onnx] [--carts 20000] [--rows 12000] [--seed 1]";
    const int Weeks = 28, Changed = 21, Fresh = 50_000;

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>learning</c>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (args.Length % 2 != 0 || values.Keys.Except(["--model", "--carts", "--rows", "--seed"]).Any() || !Number("--carts", 20_000, out var carts)
            || !Number("--rows", 12_000, out var rows) || !Number("--seed", 1, out var seed))
        {
            Console.Error.WriteLine($"Usage: {Usage}");
            return 2;
        }

        try
        {
            using var v0 = OnnxModel.Load(values.GetValueOrDefault("--model", Path.Combine("config", "models", "purchase.onnx")), FeatureTable.Names);
            Run(v0, new LearningLoopOptions { CartsADay = carts, RowsADay = rows, Seed = (ulong)seed });
            return 0;
        }
        catch (ModelException failed)
        {
            Console.Error.WriteLine(failed.Message);
            return 1;
        }

        bool Number(string name, int otherwise, out int value)
            => int.TryParse(values.GetValueOrDefault(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture, out value) && value >= 1;
    }

    static void Run(OnnxModel v0, LearningLoopOptions options)
    {
        var watch = Stopwatch.StartNew();
        var (before, after) = (new ShopTruth(IsChanged: false), new ShopTruth(IsChanged: true));
        using var loop = new LearningLoop(options, v0);
        Say("v0, day 0", loop.Measure(before, Fresh));
        loop.Run(Weeks, before);
        Say("after four weeks", loop.Measure(before, Fresh));
        Say("the changed shop, before it is noticed", loop.Measure(after, Fresh));
        loop.Run(Changed, after);
        Say("three weeks after the change", loop.Measure(after, Fresh));
        loop.Settle(after);
        loop.Poison(isCanary: false);
        loop.Run(5, after);
        Console.WriteLine(Invariant($"a poisoned shadow cost {loop.PoisonCost:0.00}"));
        loop.Settle(after);
        loop.Poison(isCanary: true);
        loop.Run(4, after);
        Console.WriteLine(Invariant($"a poisoned canary cost {loop.PoisonCost:0.00}, of {options.CartsADay} carts a day"));
        foreach (var step in loop.Steps)
        {
            Console.WriteLine($"day {step.Day,3}  {step.Kind,-12} {step.Text}");
        }

        Console.WriteLine(Invariant($"{watch.Elapsed.TotalSeconds:0.0} s"));
    }

    static void Say(string when, LoopQuality quality) => Console.WriteLine(Invariant(
        $"{when}: AUC {quality.Auc:0.0000}, best possible {quality.BestAuc:0.0000}, calibration error {quality.CalibrationError:0.0000}"));

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
