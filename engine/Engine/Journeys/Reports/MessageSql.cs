using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>What counts as delivered and seen, for all reports: conditions on a row of <c>intervention</c>.</summary>
static class MessageSql
{
    // A static field is initialised before those after it, which use it.
    static readonly string s_isHandedOver = $"(state={MessageState.Sent:D} AND channel<>'{Campaign.SocketChannel}')";

    /// <summary>
    /// When a message was delivered, or null: when the receiver or the page said so, and otherwise when the sink had handed it over. A stream
    /// says nothing, so only the page counts there.
    /// </summary>
    public static readonly string DeliveredAt = $"coalesce(delivered_at, CASE WHEN {s_isHandedOver} THEN ended_at END)";

    /// <summary>Whether a message was delivered.</summary>
    public static readonly string IsDelivered = $"(delivered_at IS NOT NULL OR {s_isHandedOver})";

    /// <summary>Whether a shopper saw a message: opened or clicked it, or had it shown on the page.</summary>
    public static readonly string IsSeen =
        $"(coalesce(opened_at, clicked_at, dismissed_at) IS NOT NULL OR (delivered_at IS NOT NULL AND address={AddressKind.None:D}))";
}
