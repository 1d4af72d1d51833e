using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Engine.Learning.Retraining;

/// <summary>The result of a retraining.</summary>
/// <param name="IsAccepted">Whether the candidate is better than the champion.</param>
/// <param name="Code"><c>better</c>, or why it is refused: <c>too_little_data</c>, or a code of <see cref="ChallengeResult"/>.</param>
/// <param name="Reason">The same for people, with numbers.</param>
public sealed record RetrainingResult(bool IsAccepted, string Code, string Reason)
{
    /// <summary>The code for too few rows, days or purchases.</summary>
    public const string TooLittleData = "too_little_data";

    /// <summary>The candidate's ONNX file; <see langword="null"/> if none was trained.</summary>
    public byte[]? Model { get; init; }

    /// <summary>The learner and its calibration.</summary>
    public string Learner { get; init; } = "";

    /// <summary>The candidate's features.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Each learner that was compared, with its log loss on the rows that choose.</summary>
    public IReadOnlyList<(string Learner, double LogLoss)> Compared { get; init; } = [];

    /// <summary>The comparison with the champion; <see langword="null"/> if none was trained.</summary>
    public ChallengeResult? Challenge { get; init; }

    /// <summary>Sizes of the parts that trained, calibrated and judged.</summary>
    public (PartSize Train, PartSize Calibrate, PartSize HeldOut) Parts { get; init; } = (new(0, 0, 0), new(0, 0, 0), new(0, 0, 0));

    /// <summary>SHA-256 of the rows, hexadecimal.</summary>
    public string DataHash { get; init; } = "";
}
