using System.Collections.Immutable;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Decisions;

/// <summary>One message of a series.</summary>
public sealed class CampaignStep
{
    /// <summary>Delay after the previous step, or after the trigger for the first (ms).</summary>
    public required long Wait { get; init; }

    /// <summary><see cref="Campaign.SocketChannel"/> or the name of a sink.</summary>
    public required string Channel { get; init; }

    /// <summary>The possible offers; if there are several, the engine learns which to choose.</summary>
    public required IReadOnlyList<Offer> Offers { get; init; }

    public required MessageTemplate Message { get; init; }

    public MessageTemplate? Subject { get; init; }

    public MessageTemplate? Html { get; init; }

    /// <summary>Conditions that must all hold for the cart when the message is due.</summary>
    public ImmutableArray<Condition> Conditions { get; init; } = [];

    /// <summary><see langword="true"/> if sending requires the cart: the message shows its products, or a condition uses it.</summary>
    public bool LooksAtCart => Conditions.Length > 0 || Message.ShowsLines || Html?.ShowsLines == true || Subject?.ShowsLines == true;

    /// <summary><see langword="true"/> if sending requires the customer: the message shows their attributes.</summary>
    public bool ShowsCustomer => Message.ShowsCustomer || Html?.ShowsCustomer == true || Subject?.ShowsCustomer == true;

    /// <summary>Returns <see langword="true"/> if all conditions hold.</summary>
    public bool Holds(in CartRecord cart, in FeatureMoment moment) => Condition.AllHold(Conditions, cart, moment);

    /// <summary>How long after its first due time the message is still worth sending (ms).</summary>
    public required long UsefulFor { get; init; }
}
