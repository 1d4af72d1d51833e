using System.Globalization;
using System.Text;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>What a model card says that the fit does not know.</summary>
public sealed record ModelCardFacts
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model's version.</summary>
    public required string Version { get; init; }

    /// <summary>What the probability is of, and what the model is for.</summary>
    public required string Purpose { get; init; }

    /// <summary>Where the data comes from, with the mention that its licence asks for.</summary>
    public required string DataSource { get; init; }

    /// <summary>The data's licence.</summary>
    public required string Licence { get; init; }

    /// <summary>What a row is, and how the rows were divided.</summary>
    public required string Split { get; init; }

    /// <summary>What the model cannot know, one sentence each.</summary>
    public required IReadOnlyList<string> Limits { get; init; }

    /// <summary>The command that makes the same file again.</summary>
    public required string Command { get; init; }
}

/// <summary>Writes what anyone should know of a model before relying on it.</summary>
public static class ModelCard
{
    /// <summary>Writes a model's card in Markdown.</summary>
    public static void Write(string path, FittedModel model, ModelCardFacts facts) => File.WriteAllText(path, Text(model, facts));

    internal static string Text(FittedModel model, ModelCardFacts facts)
    {
        var report = model.Report;
        var card = new StringBuilder();
        card.Append(Invariant($"""
            # {facts.Name}@{facts.Version}

            {facts.Purpose}

            - **Model:** {report.Model}.
            - **Data:** {facts.DataSource}
            - **Licence of the data:** {facts.Licence}
            - **Split:** {facts.Split}
            - **Made by:** `{facts.Command}` (seed {report.Seed}; the same data gives the same file)

            ## How well it does

            | rows | count | positive | groups |
            |---|---:|---:|---:|
            | training | {report.Train.Rows} | {report.Train.Positives} ({Share(report.Train)}) | {report.Train.Groups} |
            | held out | {report.HeldOut.Rows} | {report.HeldOut.Positives} ({Share(report.HeldOut)}) | {report.HeldOut.Groups} |

            On the held-out rows, which were used for nothing else:

            | measure | value |
            |---|---:|
            | AUC | {report.Auc:F4} (95% interval {report.AucInterval.Low:F4}–{report.AucInterval.High:F4}, bootstrap over groups) |
            | average precision | {report.AveragePrecision:F4} (guessing: {(double)report.HeldOut.Positives / report.HeldOut.Rows:F4}) |
            | log loss | {report.LogLoss:F4} (always saying the training rate: {report.LogLossOfRate:F4}) |

            Chosen by the AUC of repeated cross-validations within the training rows, groups kept whole:

            | learner | mean AUC | deviation |
            |---|---:|---:|

            """));
        foreach (var candidate in report.Candidates)
            card.Append(Invariant($"| {candidate.Learner} | {candidate.Auc:F4} | {candidate.Deviation:F4} |\n"));
        card.Append("""

            A second figure, from more rows: the chosen learner in one cross-validation over the whole log. Every row is scored by a model
            that did not see its group, but may have seen later times, and the learner was chosen on part of the same rows.

            | rows | count | positive | groups | AUC | 95% interval |
            |---|---:|---:|---:|---:|---:|

            """);
        foreach (var slice in report.Whole)
        {
            card.Append(Invariant($"| {slice.Name} | {slice.Size.Rows} | {slice.Size.Positives} ({Share(slice.Size)}) | {slice.Size.Groups} "));
            card.Append(Invariant($"| {slice.Auc:F4} | {slice.AucInterval.Low:F4}–{slice.AucInterval.High:F4} |\n"));
        }
        card.Append("\n## What it does not know\n\n");
        foreach (var limit in facts.Limits) card.Append("- ").Append(limit).Append('\n');
        card.Append("""

            ## Calibration

            Held-out rows in the order of their score, in tenths: what was predicted beside what happened.

            | tenth | rows | predicted | happened |
            |---:|---:|---:|---:|

            """);
        for (var i = 0; i < report.Calibration.Count; i++)
        {
            var bin = report.Calibration[i];
            card.Append(Invariant($"| {i + 1} | {bin.Rows} | {bin.Predicted:F4} | {bin.Observed:F4} |\n"));
        }
        card.Append("""

            ## Features

            Importance is how much the held-out AUC falls when a feature's values are shuffled; the baseline is its median.

            | feature | importance | baseline |
            |---|---:|---:|

            """);
        var places = model.Features.Select((f, i) => (f, i)).ToDictionary(p => p.f, p => p.i, StringComparer.Ordinal);
        foreach (var (feature, drop) in report.Importance)
            card.Append(Invariant($"| `{feature}` | {drop:0.0000;-0.0000;0.0000} | {model.Baseline[places[feature]]:0.###} |\n"));
        return card.ToString();
    }

    private static string Share(PartSize part) => Invariant($"{100.0 * part.Positives / part.Rows:F1}%");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
