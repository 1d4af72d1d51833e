using System.Collections.Immutable;
using CartRecovery.Contracts;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Decisions;

/// <summary>What is offered in a message.</summary>
/// <param name="Action">Its kind.</param>
/// <param name="DiscountPercent">Percent off, for a discount.</param>
/// <param name="Code">The coupon's code.</param>
public sealed record Offer(ActionKind Action, double? DiscountPercent, string? Code)
{
    /// <summary>The offer in metrics and reports: <c>reminder</c>, <c>discount-10</c>.</summary>
    public string Name { get; } = DiscountPercent is { } percent
        ? FormattableString.Invariant($"discount-{percent:0.##}") : Action.ToString().ToLowerInvariant();
}

/// <summary>One message of a series.</summary>
public sealed class CampaignStep
{
    /// <summary>How long after the step before, or after the trigger, in milliseconds.</summary>
    public required long Wait { get; init; }

    /// <summary><see cref="Campaign.SocketChannel"/>, or a sink's name.</summary>
    public required string Channel { get; init; }

    /// <summary>What may be offered; more than one is a choice that is learned.</summary>
    public required IReadOnlyList<Offer> Offers { get; init; }

    public required MessageTemplate Message { get; init; }

    public MessageTemplate? Subject { get; init; }

    public MessageTemplate? Html { get; init; }

    /// <summary>All of them must hold for the cart as it is when the message is to go out.</summary>
    public ImmutableArray<Condition> Conditions { get; init; } = [];

    /// <summary>It shows the cart's products, or asks something of the cart, so that the cart has to be looked at.</summary>
    public bool LooksAtCart => Conditions.Length > 0 || Message.ShowsLines || Html?.ShowsLines == true || Subject?.ShowsLines == true;

    /// <summary>It shows something of the customer, so that the customer has to be looked up.</summary>
    public bool ShowsCustomer => Message.ShowsCustomer || Html?.ShowsCustomer == true || Subject?.ShowsCustomer == true;

    /// <summary>All conditions hold for the cart at the moment.</summary>
    public bool Holds(in CartRecord cart, in FeatureMoment moment) => Condition.AllHold(Conditions, cart, moment);

    /// <summary>How long it is of use after it was due first, in milliseconds.</summary>
    public required long UsefulFor { get; init; }
}

/// <summary>One side of an experiment, or all of a campaign that is none.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Weight">How many of the shoppers, against the others' weights.</param>
/// <param name="Steps">Its series; empty for a control.</param>
public sealed record CampaignVariant(string Name, int Weight, IReadOnlyList<CampaignStep> Steps)
{
    /// <summary>The variant of a campaign that has no others.</summary>
    public const string Only = "all";
}
