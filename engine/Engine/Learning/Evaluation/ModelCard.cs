using System.Globalization;
using System.Text;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>The parts of a model card that the fit cannot provide.</summary>
public sealed record ModelCardFacts
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model's version.</summary>
    public required string Version { get; init; }

    /// <summary>What is predicted, and the intended use.</summary>
    public required string Purpose { get; init; }

    /// <summary>Source of the data, with the attribution required by its licence.</summary>
    public required string DataSource { get; init; }

    /// <summary>The data's licence.</summary>
    public required string Licence { get; init; }

    /// <summary>What a row is, and how the rows were divided.</summary>
    public required string Split { get; init; }

    /// <summary>The model's limitations, one sentence each.</summary>
    public required IReadOnlyList<string> Limits { get; init; }

    /// <summary>Command that reproduces the file.</summary>
    public required string Command { get; init; }
}

/// <summary>Writes model cards.</summary>
public static class ModelCard
{
    /// <summary>Writes a model card in Markdown, and its pictures beside it: <c>NAME-calibration.svg</c> and so on.</summary>
    public static void Write(string path, FittedModel model, ModelCardFacts facts)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        foreach (var (picture, _, svg) in ModelPictures.Draw(model.Report))
        {
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $"{name}-{picture}.svg"), svg);
        }

        File.WriteAllText(path, Text(model, facts, name));
    }

    /// <summary>Returns the card's text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="facts">What the fit cannot provide.</param>
    /// <param name="pictures">The beginning of the pictures' names.</param>
    internal static string Text(FittedModel model, ModelCardFacts facts, string pictures = "model")
    {
        var report = model.Report;
        var card = new StringBuilder();
        card.Append(Invariant($"""
            # {facts.Name}@{facts.Version}

            {facts.Purpose}

            - **Model:** {report.Model}.
            - **Calibration:** {Calibration(report)}
            - **Data:** {facts.DataSource}
            - **Licence of the data:** {facts.Licence}
            - **Split:** {facts.Split}
            - **Command:** `{facts.Command}` (seed {report.Seed}; deterministic: the same data gives the same file)

            ## Quality

            | rows | count | positive | groups |
            |---|---:|---:|---:|
            | training | {report.Train.Rows} | {report.Train.Positives} ({Share(report.Train)}) | {report.Train.Groups} |
            | held out | {report.HeldOut.Rows} | {report.HeldOut.Positives} ({Share(report.HeldOut)}) | {report.HeldOut.Groups} |

            Measured on the held-out rows, which were used for nothing else:

            | measure | value |
            |---|---:|
            | AUC | {report.Auc:F4} (95% interval {report.AucInterval.Low:F4}–{report.AucInterval.High:F4}, bootstrap over groups) |
            | average precision | {report.AveragePrecision:F4} (random: {(double)report.HeldOut.Positives / report.HeldOut.Rows:F4}) |
            | log loss | {report.LogLoss:F4} (always predicting the training rate: {report.LogLossOfRate:F4}) |
            | Brier score | {Range(report, m => m.Brier)} |
            | expected calibration error | {Range(report, m => m.CalibrationError)}; ten bins of equal width |

            The learner was selected by its AUC in repeated cross-validation on the training rows. Folds never split a group.

            | learner | mean AUC | standard deviation |
            |---|---:|---:|

            """));
        foreach (var candidate in report.Candidates)
        {
            card.Append(Invariant($"| {candidate.Learner} | {candidate.Auc:F4} | {candidate.Deviation:F4} |\n"));
        }

        card.Append("""

            A second estimate uses more rows: one cross-validation of the selected learner over the whole log. Each row is scored by a model
            that was not trained on its group. The model may have been trained on later rows, and the learner was selected on part of the same rows.

            | rows | count | positive | groups | AUC | 95% interval |
            |---|---:|---:|---:|---:|---:|

            """);
        foreach (var slice in report.Whole)
        {
            card.Append(Invariant($"| {slice.Name} | {slice.Size.Rows} | {slice.Size.Positives} ({Share(slice.Size)}) | {slice.Size.Groups} "));
            card.Append(Invariant($"| {slice.Auc:F4} | {slice.AucInterval.Low:F4}–{slice.AucInterval.High:F4} |\n"));
        }
        Segments(card, report);
        card.Append("\n## Limitations\n\n");
        foreach (var limit in facts.Limits)
        {
            card.Append("- ").Append(limit).Append('\n');
        }

        card.Append("""

            ## Calibration

            Held-out rows, sorted by score and split into deciles: the mean prediction and the observed rate.

            | decile | rows | predicted | observed |
            |---:|---:|---:|---:|

            """);
        for (var i = 0; i < report.Calibration.Count; i++)
        {
            var bin = report.Calibration[i];
            card.Append(Invariant($"| {i + 1} | {bin.Rows} | {bin.Predicted:F4} | {bin.Observed:F4} |\n"));
        }

        card.Append("\n## Pictures\n\n");
        foreach (var (picture, title, _) in ModelPictures.Draw(report))
        {
            card.Append(Invariant($"![{title}]({pictures}-{picture}.svg)\n"));
        }

        card.Append("""

            ## Features

            Importance is the drop of the held-out AUC when the feature's values are shuffled. The baseline is the feature's median.

            | feature | importance | baseline |
            |---|---:|---:|

            """);
        var places = model.Features.Select((f, i) => (f, i)).ToDictionary(p => p.f, p => p.i, StringComparer.Ordinal);
        foreach (var (feature, drop) in report.Importance)
        {
            card.Append(Invariant($"| `{feature}` | {drop:0.0000;-0.0000;0.0000} | {model.Baseline[places[feature]]:0.###} |\n"));
        }

        return card.ToString();
    }

    static string Calibration(FitReport report) => report.CalibrationRows is not { } rows ? "none." : Invariant(
        $"{report.CalibratedBy}. Chosen by log loss in a cross-validation on the latest {rows.Rows} training rows ({rows.Positives} positive), ")
        + "scored by a learner trained on the rows before: "
        + $"{string.Join(", ", report.Calibrations.Select(c => Invariant($"{c.Name} {c.Loss:F4}")))}.";

    static string Range(FitReport report, Func<Measures, double> of)
        => Invariant($"{of(report.Quality):F4} (95% interval {of(report.QualityInterval.Low):F4}–{of(report.QualityInterval.High):F4})");

    static void Segments(StringBuilder card, FitReport report)
    {
        if (report.Segments.Count == 0)
        {
            return;
        }

        card.Append("""

            Segments of the held-out rows:

            | rows | count | positive | AUC | 95% interval | average precision | calibration error |
            |---|---:|---:|---:|---:|---:|---:|

            """);
        foreach (var segment in report.Segments)
        {
            card.Append(Invariant($"| {segment.Name} | {segment.Size.Rows} | {segment.Size.Positives} | {segment.Quality.Auc:F4} "));
            card.Append(Invariant($"| {segment.AucInterval.Low:F4}–{segment.AucInterval.High:F4} "));
            card.Append(Invariant($"| {segment.Quality.AveragePrecision:F4} | {segment.Quality.CalibrationError:F4} |\n"));
        }
    }

    static string Share(PartSize part) => Invariant($"{100.0 * part.Positives / part.Rows:F1}%");

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
