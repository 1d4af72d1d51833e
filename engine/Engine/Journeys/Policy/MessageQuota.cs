using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>Decides which messages count for the stores' quotas: those to people, once each.</summary>
static class MessageQuota
{
    /// <summary>Returns the counter that a message counts for; <see langword="null"/> if it counts for none, as one that is repeated.</summary>
    public static UsageCounter? Of(JourneyOptions options, DeliveryChannel channel, DueMessage message, Store store) =>
        channel.IsMessage && !message.IsPostponed ? options.Usage?.MessagesOf(store) : null;
}
