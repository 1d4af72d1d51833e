using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>A decision to intervene, with what decided it. An entry of the journal.</summary>
/// <param name="Cart">The cart's key.</param>
/// <param name="At">Event time (ms since 1970 UTC).</param>
/// <param name="ConnectionId">The connection that last changed the cart and can be answered; 0 for none.</param>
/// <param name="Intervention">What to deliver, without its texts; its id is the idempotency key.</param>
public sealed record Decision(Hash128 Cart, long At, long ConnectionId, Intervention Intervention)
{
    /// <summary>Version of the campaigns in force: see <see cref="CampaignSet.Version"/>; 0 if unknown.</summary>
    public ulong CampaignsVersion { get; init; }

    /// <summary>The highest standing of the cart's events: see <see cref="CartRecord.Standing"/>.</summary>
    public Standing Standing { get; init; }

    /// <summary>The standing of the sender that named the user: see <see cref="CartRecord.UserStanding"/>.</summary>
    public Standing UserStanding { get; init; }

    /// <summary>Why the cart counts as a bot's: its shopper is not contacted.</summary>
    public BotEvidence Bot { get; init; }

    /// <summary>
    /// The campaign's number (<see cref="CampaignSet.NumberOf"/>), if its segment compares the customer: the enrolment decides, and the cart stays free for other campaigns. Otherwise
    /// <see langword="null"/>, and the decision holds the cart for the window.
    /// </summary>
    public int? ConditionalNumber { get; init; }

    /// <summary>When the event that triggered it was received, on the partition's clock; its time if that is unknown.</summary>
    public long ReceivedAt { get => field == 0 ? At : field; init; }

    /// <summary>The alias of the model that scored, such as champion or canary; empty if unknown.</summary>
    public string ModelAlias { get; init; } = "";

    /// <summary>The scored features, in the order of the model's inputs; empty if unknown.</summary>
    public float[] Row { get; init; } = [];
}
