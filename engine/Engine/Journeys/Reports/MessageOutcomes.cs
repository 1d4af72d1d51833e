using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>The number of a campaign's messages with an outcome.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Offer">The offer.</param>
/// <param name="Outcome">sent, withheld or waiting.</param>
/// <param name="Reason">Why it was withheld; <see langword="null"/> if it was not.</param>
/// <param name="Count">The number of messages.</param>
public sealed record MessageOutcomes(string Campaign, string Channel, string Offer, string Outcome, string? Reason, long Count)
{
    // Combinations of campaigns, channels, offers and reasons: more than a store has.
    const int MaxRows = 500;

    /// <summary>Counts the messages that were decided in a period.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="from">The start of the period, inclusive (ms since 1970 UTC).</param>
    /// <param name="to">The end of the period, exclusive.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    public static IReadOnlyList<MessageOutcomes> Read(JourneyReports reports, string storeId, long from, long to, CancellationToken cancellation = default) => reports.Ask($"""
        SELECT campaign, channel, offer, state, reason, count(*) FROM intervention WHERE store=?1 AND decided_at>=?2 AND decided_at<?3
        GROUP BY campaign, channel, offer, state, reason ORDER BY 1, 2, 3, 4, 5 LIMIT {MaxRows}
        """, rows =>
    {
        var found = new List<MessageOutcomes>();
        for (rows.With(storeId).With(from).With(to); rows.Next();)
        {
            cancellation.ThrowIfCancellationRequested();
            var state = (MessageState)rows.Int(3);
            found.Add(new MessageOutcomes(rows.Text(0), rows.Text(1), rows.Text(2),
                state switch { MessageState.Sent => "sent", MessageState.Withheld => "withheld", _ => "waiting" },
                state == MessageState.Withheld ? WithheldReasons.NameOf((WithheldReason)rows.Int(4)) : null, rows.Long(5)));
        }

        return found;
    });
}
