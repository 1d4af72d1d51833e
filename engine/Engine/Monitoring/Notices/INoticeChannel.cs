namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>Delivers the notices of one integration. Several may be under way at once.</summary>
public interface INoticeChannel : IAsyncDisposable
{
    /// <summary>Delivers a notice. The receiver recognises a repetition by <see cref="Notice.Id"/>, where it can.</summary>
    /// <param name="notice">The notice, with at least one alert.</param>
    /// <param name="cancellationToken">Ends the try.</param>
    /// <returns>What became of it. An exception other than of the cancellation counts as <see cref="NoticeOutcome.Retry"/>.</returns>
    /// <exception cref="OperationCanceledException">The try was ended.</exception>
    ValueTask<NoticeVerdict> SendAsync(Notice notice, CancellationToken cancellationToken);
}
