using System.Globalization;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>Draws a model's quality on the held-out rows: calibration, ROC and precision-recall, lift, histogram of the scores.</summary>
static class ModelPictures
{
    const string Blue = "#1f5fa8", Orange = "#c2560c", Grey = "#777777";
    const int Bins = 20;

    /// <summary>Returns the pictures by the end of their file's name.</summary>
    internal static IReadOnlyList<(string Name, string Title, string Svg)> Draw(FitReport report)
    {
        var end = Math.Max(report.Calibration.Select(b => Math.Max(b.Predicted, b.Observed)).DefaultIfEmpty(0).Max(), 0.01);
        end = Math.Min(1, Math.Ceiling(end * 20) / 20);
        var auc = report.Auc.ToString("0.000", CultureInfo.InvariantCulture);
        var precision = report.AveragePrecision.ToString("0.000", CultureInfo.InvariantCulture);
        var lift = report.Lift.Select(p => p.Lift).DefaultIfEmpty(1).Max();
        return
        [
            ("calibration", "Calibration: predicted and observed rate of each decile",
                new SvgChart("Calibration", "predicted", "observed", end, end, namesAreBelow: true)
                .Line("as predicted", Grey, [(0, 0), (end, end)], isDashed: true)
                .Line("deciles", Blue, report.Calibration.Select(b => (b.Predicted, b.Observed)), hasDots: true).ToString()),
            ("roc", "ROC curve",
                new SvgChart("ROC", "share of others above the threshold", "share of purchases found", 1, 1, namesAreBelow: true)
                .Line("guessing", Grey, [(0, 0), (1, 1)], isDashed: true).Line($"AUC {auc}", Blue, report.Roc).ToString()),
            ("precision", "Precision-recall curve",
                new SvgChart("Precision and recall", "share of purchases found", "share of purchases among those above", 1, 1)
                .Line($"average precision {precision}", Blue, report.PrecisionRecall).ToString()),
            ("lift", "Lift of each decile, best scores first",
                new SvgChart("Lift", "share of rows, best scores first", "times the overall rate", 1, Math.Ceiling(lift))
                .Bars("lift", Blue, [.. report.Lift.Select(p => p.Lift)])
                .Line("all rows", Grey, [(0, 1), (1, 1)], isDashed: true).ToString()),
            ("scores", "Histogram of the scores by label", Histogram(report)),
        ];
    }

    /// <summary>Counts scores in bins of equal width between 0 and 1, as shares of the label's rows.</summary>
    internal static double[] Shares(float[] scores, byte[] labels, byte label)
    {
        var shares = new double[Bins];
        double rows = labels.AsSpan().Count(label);
        for (var i = 0; i < scores.Length; i++)
        {
            shares[Metrics.BinOf(scores[i], Bins)] += labels[i] == label ? 1 / rows : 0;
        }

        return shares;
    }

    static string Histogram(FitReport report)
    {
        var most = report.OtherScores.Concat(report.PurchaseScores).DefaultIfEmpty(1).Max();
        return new SvgChart("Scores", "score", "share of the label's rows", 1, Math.Ceiling(10 * most) / 10)
            .Bars("others", Grey, report.OtherScores).Bars("purchases", Orange, report.PurchaseScores).ToString();
    }
}
