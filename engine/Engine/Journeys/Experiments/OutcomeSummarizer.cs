using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>Summarises outcomes once a minute, on a thread and a connection of its own: it takes seconds with many journeys.</summary>
/// <param name="path">The database.</param>
/// <param name="publish">Receives each summary, on the summarizer's thread.</param>
sealed class OutcomeSummarizer(string path, Action<OutcomeSummary> publish)
{
    const long Interval = 60_000;

    Task _running = Task.CompletedTask;
    long _startedAt;

    /// <summary>Starts a summary if one is due and none is running.</summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <param name="isNeeded">Checks whether there is anything new; called only when a summary is due.</param>
    public void StartIfDue(long now, Func<long, bool> isNeeded)
    {
        if (!_running.IsCompleted || now - _startedAt < Interval || !isNeeded(now))
        {
            return;
        }

        _startedAt = now;
        _running = Task.Run(() =>
        {
            try
            {
                using var reader = new Database(path, isReader: true);
                publish(OutcomeSummary.Of(reader, now));
            }
            catch (IOException)
            {
                // What was learned before stays in force; retried after the interval.
            }
        });
    }
}
