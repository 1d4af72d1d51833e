using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>A step of a message.</summary>
/// <param name="Type">decided, sent, withheld, delivered, opened, clicked, dismissed, order or refund.</param>
/// <param name="At">When (ms since 1970 UTC).</param>
/// <param name="Value">The order's value, or (negative) the refund's; <see langword="null"/> for others.</param>
/// <param name="Currency">Its currency, ISO 4217.</param>
public sealed record TrackStep(string Type, long At, double? Value, string? Currency);

/// <summary>Follows one message.</summary>
public static class TrackList
{
    // More than one message can be credited with.
    const int MaxSteps = 500;

    static readonly string s_steps = $"""
        WITH i AS (SELECT * FROM intervention WHERE store=?1 AND id=?2)
        SELECT * FROM (
            SELECT 'decided' AS type, decided_at AS at, NULL AS value, NULL AS currency FROM i
            UNION ALL SELECT 'withheld', ended_at, NULL, NULL FROM i WHERE state={MessageState.Withheld:D}
            UNION ALL SELECT 'sent', sent_at, NULL, NULL FROM i UNION ALL SELECT 'delivered', {MessageSql.DeliveredAt}, NULL, NULL FROM i
            UNION ALL SELECT 'opened', opened_at, NULL, NULL FROM i UNION ALL SELECT 'clicked', clicked_at, NULL, NULL FROM i
            UNION ALL SELECT 'dismissed', dismissed_at, NULL, NULL FROM i
            UNION ALL SELECT CASE WHEN c.value<0 THEN 'refund' ELSE 'order' END, c.at, c.value/10000.0, c.currency FROM i JOIN conversion c ON c.journey=i.journey AND c.intervention=i.id)
        WHERE at IS NOT NULL ORDER BY at, type<>'decided', type LIMIT {MaxSteps}
        """;

    /// <summary>Returns what became of a store's message, in order; <see langword="null"/> if there is no such message.</summary>
    public static IReadOnlyList<TrackStep>? Of(JourneyReports reports, string storeId, string id) => reports.Ask(s_steps, rows =>
    {
        rows.With(storeId).With(id);
        var steps = new List<TrackStep>();
        while (rows.Next())
        {
            steps.Add(new TrackStep(rows.Text(0), rows.Long(1), rows.DoubleOrNull(2), rows.TextOrNull(3)));
        }

        return steps.Count == 0 ? null : steps;
    });

    /// <summary>Returns whose a message is and how it went; <see langword="null"/> if the store has no such message. A customer whom a browser alone names is left out.</summary>
    public static (string CartId, string? UserId, string Channel)? AddressOf(JourneyReports reports, string storeId, string id) => reports.Ask(
        "SELECT i.cart_id, i.user_id, i.address, coalesce(j.user_standing, 0) FROM intervention i LEFT JOIN journey j ON j.id=i.journey WHERE i.store=?1 AND i.id=?2",
        rows => rows.With(storeId).With(id).Next()
            ? (rows.Text(0), (Standing)rows.Int(3) > Standing.Claimed ? rows.TextOrNull(1) : null,
                (AddressKind)rows.Int(2) switch { AddressKind.Phone => "sms", AddressKind.Push => "push", _ => "email" })
            : ((string, string?, string)?)null);
}
