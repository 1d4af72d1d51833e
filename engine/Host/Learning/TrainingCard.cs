using System.Globalization;
using CartRecovery.Engine.Learning.Retraining;
using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Learning;

/// <summary>Writes the card of a model that the engine trained.</summary>
static class TrainingCard
{
    /// <summary>Writes it, in Markdown.</summary>
    /// <param name="result">The training, accepted.</param>
    /// <param name="window">The time of its rows.</param>
    /// <param name="parent">The champion's version; <see langword="null"/> if it is not registered.</param>
    public static string Of(RetrainingResult result, TrainingWindow window, string? parent)
    {
        var (candidate, champion, parts) = (result.Challenge!.Candidate!, result.Challenge.Champion!, result.Parts);
        var compared = string.Join('\n', result.Compared.Select(one => string.Create(CultureInfo.InvariantCulture, $"| {one.Learner} | {one.LogLoss:0.0000} |")));
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Purchase within the session

            Trained by the job `{Retraining.Job}` on the engine's own journal, {window.From.UtcDateTime:yyyy-MM-dd HH:mm} to {window.To.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {result.Learner}.

            | part | rows | shoppers | with a purchase |
            |---|---:|---:|---:|
            | training | {parts.Train.Rows} | {parts.Train.Groups} | {parts.Train.Positives} |
            | choice and calibration | {parts.Calibrate.Rows} | {parts.Calibrate.Groups} | {parts.Calibrate.Positives} |
            | held out, the newest | {parts.HeldOut.Rows} | {parts.HeldOut.Groups} | {parts.HeldOut.Positives} |

            | on the held-out rows | this | {parent ?? "champion"} |
            |---|---:|---:|
            | AUC | {candidate.Auc:0.0000} | {champion.Auc:0.0000} |
            | average precision | {candidate.AveragePrecision:0.0000} | {champion.AveragePrecision:0.0000} |
            | log loss | {candidate.LogLoss:0.0000} | {champion.LogLoss:0.0000} |
            | calibration error | {candidate.CalibrationError:0.0000} | {champion.CalibrationError:0.0000} |

            {result.Reason}

            | learner | log loss on the rows that chose |
            |---|---:|
            {compared}

            Features: {string.Join(", ", result.Features)}.

            """);
    }
}
