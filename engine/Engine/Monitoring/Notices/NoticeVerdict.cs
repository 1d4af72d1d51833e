namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>What became of a notice.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Detail">Why: one line, without secrets.</param>
/// <param name="After">How long the receiver asked to wait, if it did.</param>
public sealed record NoticeVerdict(NoticeOutcome Outcome, string Detail, TimeSpan? After = null)
{
    /// <summary>The receiver has taken it.</summary>
    public static NoticeVerdict Delivered { get; } = new(NoticeOutcome.Delivered, "delivered");

    /// <summary>Creates the verdict of a receiver that does not answer, or asks to try again.</summary>
    /// <param name="detail">Why: one line, without secrets.</param>
    /// <param name="after">How long the receiver asked to wait; the sender bounds it.</param>
    public static NoticeVerdict Retry(string detail, TimeSpan? after = null) => new(NoticeOutcome.Retry, detail, after);

    /// <summary>Creates the verdict of a receiver that refuses the notice; it is not tried again as it is.</summary>
    /// <param name="detail">Why: one line, without secrets.</param>
    public static NoticeVerdict Rejected(string detail) => new(NoticeOutcome.Rejected, detail);
}
