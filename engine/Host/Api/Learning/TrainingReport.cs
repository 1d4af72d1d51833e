using CartRecovery.Engine.Learning.Retraining;

namespace CartRecovery.Host.Api.Learning;

/// <summary>What a run of the job <c>retrain</c> did.</summary>
/// <param name="At">When it began.</param>
/// <param name="Accepted">Whether the candidate was registered, and became the shadow.</param>
/// <param name="Code"><c>better</c>, or why the candidate was refused.</param>
/// <param name="Reason">The same for people, with numbers.</param>
/// <param name="Version">The candidate's version; null if it was refused.</param>
/// <param name="Champion">The champion that it was compared with.</param>
/// <param name="Learner">The learner and its calibration; empty if none was trained.</param>
/// <param name="TrainRows">Rows that trained it.</param>
/// <param name="CalibrationRows">Rows that chose and calibrated it.</param>
/// <param name="HeldOutRows">Rows that judged it, the newest.</param>
/// <param name="Features">Its features.</param>
/// <param name="Candidate">Its quality on the held-out rows; null if it was not measured.</param>
/// <param name="ChampionQuality">The champion's.</param>
sealed record TrainingReport(
    DateTime At, bool Accepted, string Code, string Reason, string? Version, string Champion, string Learner, int TrainRows, int CalibrationRows, int HeldOutRows,
    IReadOnlyList<string> Features, ModelQuality? Candidate, ModelQuality? ChampionQuality)
{
    /// <summary>Describes a training.</summary>
    public static TrainingReport Of(DateTimeOffset at, RetrainingResult result, string champion, string? version) => new(
        at.UtcDateTime, version is not null, result.Code, result.Reason, version, champion, result.Learner, result.Parts.Train.Rows, result.Parts.Calibrate.Rows,
        result.Parts.HeldOut.Rows, result.Features, ModelQuality.Of(result.Challenge?.Candidate), ModelQuality.Of(result.Challenge?.Champion));
}
