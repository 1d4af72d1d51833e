using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Tests.Scoring;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.Training;

public sealed class ModelFitterTests
{
    static readonly FitOptions s_quick = new()
    {
        BootstrapRounds = 100,
        PermutationRounds = 1,
        Rounds = 1,
        HeldOutShare = 0.25,
        Trees = [new BoostedTreesOptions { Count = 5 }, new BoostedTreesOptions { Count = 60, Depth = 4, LearningRate = 0.1 }],
        Slices = [new RowSlice("first is positive", "f0", 0)],
    };

    static readonly FittedModel s_line = Fit(SyntheticData.Line, s_quick);
    static readonly FittedModel s_quadrants = Fit(SyntheticData.Quadrants, s_quick, missing: 0.05);

    [Test]
    public void A_line_selects_logistic_regression_and_quadrants_select_trees()
    {
        Assert.That(s_line.Report.Model, Does.StartWith("logistic regression"));
        Assert.That(s_quadrants.Report.Model, Does.Contain("gradient-boosted trees"));
        foreach (var report in (FitReport[])[s_line.Report, s_quadrants.Report])
        {
            Assert.That(report.Candidates[0].Auc, Is.GreaterThan(report.Candidates[1].Auc), "the selected one is first");
        }
    }

    [Test]
    public void The_runtime_scores_as_the_fitted_model_predicts()
    {
        foreach (var fitted in (FittedModel[])[s_line, s_quadrants])
        {
            var path = TestModels.Write(fitted.ToOnnx("fitted", "1"));
            using var model = OnnxModel.Load(path, fitted.Features.ToArray());
            Assert.That(model.Baseline, Is.EqualTo(fitted.Baseline));
            using var scorer = model.CreateScorer(1000);
            var rows = SyntheticData.Draw(1000, 4, 77, _ => 0.5, missing: ReferenceEquals(fitted, s_quadrants) ? 0.1 : 0);
            for (var i = 0; i < 1000; i++)
            {
                rows.Row(i).CopyTo(scorer.Row(i));
            }

            var scores = scorer.Score(1000);
            for (var i = 0; i < 1000; i++)
            {
                Assert.That(scores[i], Is.EqualTo(fitted.Predict(rows.Row(i))).Within(1e-5f), fitted.Report.Model);
            }
        }
    }

    [Test]
    public void A_row_exactly_on_a_threshold_takes_the_same_branch_in_both()
    {
        // A coarse grid, so that rows fall exactly on thresholds.
        var grid = new TrainingSet(["f0"], [.. Enumerable.Range(0, 400).Select(i => i % 8 / 8f)], [.. Enumerable.Range(0, 400).Select(i => (byte)(i % 8 > 3 && i % 5 != 0 ? 1 : 0))],
            [.. Enumerable.Range(0, 400)], new long[400]);
        var learned = BoostedTrees.Fit(grid, new BoostedTreesOptions { Count = 10, Depth = 3 }, 1);
        var fitted = new FittedModel(learned, grid.Features, [0], s_line.Report);
        using var model = OnnxModel.Load(TestModels.Write(fitted.ToOnnx("grid", "1")), ["f0"]);
        using var scorer = model.CreateScorer(17);
        for (var i = 0; i < 17; i++)
        {
            scorer.Row(i)[0] = i / 16f;
        }

        var scores = scorer.Score(17);
        for (var i = 0; i < 17; i++)
        {
            Assert.That(scores[i], Is.EqualTo(fitted.Predict([i / 16f])).Within(1e-6f), $"at {i}/16");
        }
    }

    [Test]
    public void The_seed_determines_the_file()
    {
        var again = Fit(SyntheticData.Quadrants, s_quick, missing: 0.05);
        Assert.That(again.ToOnnx("m", "1"), Is.EqualTo(s_quadrants.ToOnnx("m", "1")));
        Assert.That(ModelCard.Text(again, Facts), Is.EqualTo(ModelCard.Text(s_quadrants, Facts)));
        var other = Fit(SyntheticData.Quadrants, s_quick with { Seed = 2 }, missing: 0.05);
        Assert.That(other.ToOnnx("m", "1"), Is.Not.EqualTo(s_quadrants.ToOnnx("m", "1")));
    }

    [Test]
    public void The_report_measures_the_held_out_rows()
    {
        var report = s_quadrants.Report;
        Assert.That((report.Train.Rows, report.Train.Groups), Is.EqualTo((3000, 1500)));
        Assert.That((report.HeldOut.Rows, report.HeldOut.Groups), Is.EqualTo((1000, 500)));
        Assert.That(report.Auc, Is.InRange(report.AucInterval.Low, report.AucInterval.High));
        Assert.That(report.Auc, Is.GreaterThan(0.8));
        Assert.That(report.LogLoss, Is.LessThan(report.LogLossOfRate));
        Assert.That(report.Importance.Take(2).Select(i => i.Feature), Is.EquivalentTo(new[] { "f0", "f1" }), "the labels depend on these two");
    }

    [Test]
    public void The_card_states_provenance_and_quality()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "card.md");
        ModelCard.Write(path, s_quadrants, Facts);
        var card = File.ReadAllText(path);
        foreach (var part in (string[])["# purchase@3", "Made-up data", "CC0", "make it so", "- Mornings.", "| all | 4000 |", "| training | 3000 |", $"| AUC | {s_quadrants.Report.Auc:F4} ", "| 10 | 100 |", "| `f0` |"])
        {
            Assert.That(card, Does.Contain(part));
        }
    }

    [Test]
    public void The_card_shows_calibration_segments_and_pictures()
    {
        using var scratch = new Scratch();
        ModelCard.Write(scratch.PathOf("shop.md"), s_quadrants, Facts);
        var card = File.ReadAllText(scratch.PathOf("shop.md"));
        var segment = s_quadrants.Report.Segments.Single();
        foreach (var part in (string[])["- **Calibration:** ", "none 0.", "| Brier score | 0.", "| expected calibration error | 0.",
            FormattableString.Invariant($"| first is positive | {segment.Size.Rows} | {segment.Size.Positives} | {segment.Quality.Auc:F4} |")])
        {
            Assert.That(card, Does.Contain(part));
        }

        string[] pictures = [.. Regex.Matches(card, @"(?<=\]\()shop-[a-z]+\.svg(?=\))", RegexOptions.None, TimeSpan.FromSeconds(5)).Select(match => match.Value)];
        Assert.That(pictures, Is.EqualTo(new[] { "shop-calibration.svg", "shop-roc.svg", "shop-precision.svg", "shop-lift.svg", "shop-scores.svg" }));
        foreach (var picture in pictures)
        {
            var svg = XDocument.Load(scratch.PathOf(picture)).Root!;
            Assert.That(svg.Name.LocalName, Is.EqualTo("svg"));
            Assert.That(svg.Descendants().Count(e => e.Name.LocalName is "path" or "rect" && e.Attribute("fill")?.Value is "none" or "#1f5fa8" or "#c2560c"), Is.GreaterThan(0), picture);
        }
    }

    [Test]
    public void Calibration_on_later_rows_corrects_weighted_trees()
    {
        // The weight makes the trees overestimate, and makes them better than the line, which has no such option.
        var options = s_quick with { Trees = [new BoostedTreesOptions { Count = 60, Depth = 4, LearningRate = 0.1, PositiveWeight = 8 }] };
        var raw = Fit(SyntheticData.Quadrants, options with { CalibrationShare = 0 }).Report;
        var calibrated = Fit(SyntheticData.Quadrants, options).Report;
        Assert.That((raw.CalibratedBy, raw.CalibrationRows), Is.EqualTo(("none", (PartSize?)null)));
        Assert.That(raw.Quality.CalibrationError, Is.GreaterThan(0.1));
        Assert.That(calibrated.Quality.CalibrationError, Is.LessThan(0.05));
        Assert.That(calibrated.CalibratedBy, Is.Not.EqualTo("none"));
        Assert.That(calibrated.CalibrationRows!.Rows, Is.EqualTo(750), "a quarter of the training rows");
        Assert.That(calibrated.Calibrations.Select(c => c.Name), Is.EqualTo(new[] { "none", "Platt", "isotonic" }));
    }

    [Test]
    public void Trees_with_patience_stop_early()
    {
        var report = Fit(SyntheticData.Quadrants, s_quick with { Trees = [new BoostedTreesOptions { Count = 2000, Depth = 4, LearningRate = 0.3, Patience = 10 }] }).Report;
        Assert.That(report.Candidates[0].Learner, Is.EqualTo("up to 2000 gradient-boosted trees of depth 4"));
        Assert.That(int.Parse(report.Model.Split(' ')[0], CultureInfo.InvariantCulture), Is.InRange(2, 300));
    }

    [Test]
    public void Cross_validation_scores_each_group_with_models_that_did_not_see_it()
    {
        var (all, slice) = (s_quadrants.Report.Whole[0], s_quadrants.Report.Whole[1]);
        Assert.That((all.Name, all.Size.Rows), Is.EqualTo(("all", 4000)));
        Assert.That(all.Auc, Is.InRange(0.8, 0.92), "0.9 is the maximum, within sampling error");
        Assert.That(slice.Name, Is.EqualTo("first is positive"));
        Assert.That(slice.Size.Rows, Is.InRange(1700, 2100), "half of the rows, less missing values");

        // Pure noise: scoring a group with a model trained on it would show a signal.
        var none = Fit(_ => 0.5, s_quick).Report.Whole[0];
        Assert.That(none.Auc, Is.InRange(0.45, 0.55));
    }

    [Test]
    public void Rows_of_a_single_label_are_rejected()
    {
        int[] groups = [0, 1, 2, 3, 4, 5, 6, 7];
        long[] times = [0, 1, 2, 3, 4, 5, 6, 7];
        TrainingSet Of(params byte[] labels) => new(["f"], new float[8], labels, groups, times);
        Assert.That(() => ModelFitter.Fit(Of(0, 1, 0, 1, 0, 1, 0, 0), s_quick), Throws.ArgumentException.With.Message.Contains("both labels"));
        Assert.That(() => ModelFitter.Fit(Of(0, 0, 0, 0, 0, 0, 0, 1), s_quick), Throws.ArgumentException.With.Message.Contains("both labels"));
        Assert.That(() => ModelFitter.Fit(Of(0, 1, 0, 0, 0, 0, 0, 1), s_quick), Throws.ArgumentException.With.Message.Contains("too few groups"));
    }

    internal static readonly ModelCardFacts Facts = new()
    {
        Name = "purchase",
        Version = "3",
        Purpose = "The probability of a purchase.",
        DataSource = "Made-up data.",
        Licence = "CC0.",
        Split = "By group.",
        Limits = ["Mornings."],
        Command = "make it so",
    };

    static FittedModel Fit(Func<float[], double> probability, FitOptions options, double missing = 0)
        => ModelFitter.Fit(SyntheticData.Draw(4000, 4, 1, probability, missing), options);
}
