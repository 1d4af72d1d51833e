using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>The first message of a decision, as it was recorded.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Offer">The name of the offer that was chosen.</param>
/// <param name="Refusal">Why the enrolment began no series; <see cref="WithheldReason.None"/> if it began one, whether or not the message was sent.</param>
public sealed record FirstMessage(string Channel, string Offer, WithheldReason Refusal)
{
    // Messages of one query, so that a cancellation comes in between.
    const int Batch = 500;

    /// <summary>Finds the first messages of decisions.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="decisions">The decisions' ids.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The messages by the decision's id, without those that are not recorded.</returns>
    public static IReadOnlyDictionary<string, FirstMessage> Find(JourneyReports reports, string storeId, IEnumerable<string> decisions, CancellationToken cancellation)
    {
        var found = new Dictionary<string, FirstMessage>(StringComparer.Ordinal);
        foreach (var batch in decisions.Chunk(Batch))
        {
            cancellation.ThrowIfCancellationRequested();
            reports.Ask("""
                SELECT i.channel, i.offer, i.state, i.reason, coalesce(j.state, 0) FROM intervention i LEFT JOIN journey j ON j.id=i.journey WHERE i.id=?2 AND i.store=?1
                """, rows =>
            {
                foreach (var id in batch)
                {
                    if (rows.With(storeId).With(id).Next())
                    {
                        found[id] = Read(rows.Text(0), rows.Text(1), (MessageState)rows.Int(2), (WithheldReason)rows.Int(3), (JourneyState)rows.Int(4));
                        rows.Reset();
                    }
                }

                return true;
            });
        }

        return found;
    }

    // A journey that is observed never had a series. A cart that is in the campaign already has the row of the refusal at its former journey.
    static FirstMessage Read(string channel, string offer, MessageState state, WithheldReason reason, JourneyState journey)
    {
        var isRefused = state == MessageState.Withheld && (journey == JourneyState.Observed || reason is WithheldReason.InCampaign or WithheldReason.Reentry);
        return new FirstMessage(channel, offer, isRefused ? reason : WithheldReason.None);
    }
}
