using System.Collections.Immutable;
using CartRecovery.Contracts;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Decisions;

/// <summary>An offer of a message.</summary>
/// <param name="Action">The kind of offer.</param>
/// <param name="DiscountPercent">Percent off, for a discount.</param>
/// <param name="Code">The coupon code.</param>
public sealed record Offer(ActionKind Action, double? DiscountPercent, string? Code)
{
    /// <summary>How to make a code for each message; <see langword="null"/> to use <see cref="Code"/>.</summary>
    public DiscountCodes? Codes { get; init; }

    /// <summary>The offer's name in metrics and reports: <c>reminder</c>, <c>discount-10</c>.</summary>
    public string Name { get; } = DiscountPercent is { } percent
        ? FormattableString.Invariant($"discount-{percent:0.##}") : Action.ToString().ToLowerInvariant();
}

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

/// <summary>A variant of an experiment, or the only one of a campaign without an experiment.</summary>
/// <param name="Name">The variant's name.</param>
/// <param name="Weight">The variant's share of shoppers, relative to the other variants' weights.</param>
/// <param name="Steps">The messages of the series; empty for a control.</param>
public sealed record CampaignVariant(string Name, int Weight, IReadOnlyList<CampaignStep> Steps)
{
    /// <summary>The name of the variant of a campaign without an experiment.</summary>
    public const string Only = "all";
}
