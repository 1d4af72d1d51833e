using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>Enrols a shopper for a decision: decides whether the campaign may contact them, and in which variant.</summary>
/// <param name="store">The store.</param>
/// <param name="identities">Resolves subjects.</param>
/// <param name="planner">Plans messages.</param>
/// <param name="sender">Sends messages that are due at once.</param>
/// <param name="counters">Counts those who are not in a campaign's segment.</param>
sealed class Enrolment(JourneyStore store, IdentityResolver identities, StepPlanner planner, MessageSender sender, JourneyCounters counters)
{
    readonly CartMerger _merger = new(store, identities, sender);

    /// <summary>Starts a journey, or records why not. Idempotent.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="decision">The decision.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <param name="startAt">When the first message is due (ms since 1970 UTC); <see langword="null"/> if its step says.</param>
    public void Enrol(JourneyOptions options, Decision decision, long now, long? startAt = null)
    {
        var candidate = decision.Intervention;
        var last = store.Journeys.LastOf(decision.Cart, candidate.Campaign);
        if (last is not null && store.Messages.Find(candidate.Id) is not null)
        {
            return;
        }

        var customer = options.CustomerOf(candidate.StoreId, candidate.UserId);
        // A user that a browser only claims to be has no say in the assignment, and no part in the customer's orders and addresses.
        var proven = decision.UserStanding == Standing.Claimed || decision.Bot != BotEvidence.None ? default : customer;
        var subject = identities.SubjectOf(decision.Cart, proven);
        var campaign = options.Campaigns.Find(candidate.Campaign);
        var journey = new Journey
        {
            Id = store.Journeys.NextId(),
            Candidate = candidate,
            Cart = decision.Cart,
            Customer = customer,
            Subject = subject,
            Variant = CampaignVariant.Only,
            IsHoldout = false,
            StartedAt = decision.At,
            ReceivedAt = decision.ReceivedAt,
            ConnectionId = decision.ConnectionId,
            Standing = decision.Standing,
            UserStanding = decision.UserStanding,
            Bot = decision.Bot,
        };
        if (campaign is null)
        {
            Observe(options, journey, WithheldReason.CampaignGone, now);
            return;
        }

        // Decisions may arrive out of order: after a crash, and when clients' clocks differ.
        if (last is var (id, state, startedAt)
            && (state == JourneyState.Active || (Math.Abs(decision.At - startedAt) < campaign.Reentry && !store.Offers.IsUnseen(id))))
        {
            store.Journeys.RecordTrigger(id, decision.At);
            planner.Withhold(options, journey with { Id = id }, now, state == JourneyState.Active ? WithheldReason.InCampaign : WithheldReason.Reentry);
            return;
        }

        if (_merger.IsMerged(decision, options.FindStore(candidate.StoreId), decision.At - (campaign.Trigger == TriggerKind.Idle ? campaign.IdleMilliseconds : 0)))
        {
            Observe(options, journey, WithheldReason.CartMerged, now);
            return;
        }

        if (decision.Bot != BotEvidence.None)
        {
            Observe(options, journey, WithheldReason.Bot, now);
            return;
        }

        // Nothing is stored: whoever the campaign is not for is in none of the groups that its reports compare. By hand it is started for anybody.
        if (startAt is null && campaign.Segments is not null && !IsInSegment(campaign, options.FindStore(candidate.StoreId), proven))
        {
            counters.AddWithheld(WithheldReason.NotInSegment);
            return;
        }

        if (startAt is null && IsTakenBySegment(options, decision, campaign))
        {
            counters.AddWithheld(WithheldReason.TakenBySegment);
            return;
        }

        if (Assignment.IsHoldout(subject, candidate.StoreId, options.Holdout))
        {
            Observe(options, journey with { IsHoldout = true }, WithheldReason.Holdout, now);
            return;
        }

        var drawn = store.Journeys.VariantOf(subject, campaign.Name);
        var variant = campaign.Variants.FirstOrDefault(v => v.Name == drawn) ?? Assignment.VariantOf(subject, campaign);
        journey = journey with { Variant = variant.Name };
        if (variant.Steps.Count == 0 || store.IsStopped(campaign.Name, variant.Name))
        {
            Observe(options, journey, variant.Steps.Count == 0 ? WithheldReason.Control : WithheldReason.VariantStopped, now);
            return;
        }

        // A message to an open stream is sent without another look at the cart; a purchase elsewhere in the meantime is known here.
        if (campaign.Trigger == TriggerKind.Idle && store.Customers.PurchasedAt(customer) > decision.At - campaign.IdleMilliseconds)
        {
            Observe(options, journey, WithheldReason.Purchased, now);
            return;
        }

        var first = planner.Plan(options, journey, campaign, variant, number: 1, now)!;
        sender.Begin(options, journey, startAt is { } at ? first with { DueAt = at, UsefulUntil = at + (first.UsefulUntil - first.DueAt) } : first, campaign, variant, now);
    }

    // A partition has checked the cart. Somebody whom a browser only claims to be has no attributes here.
    bool IsInSegment(Campaign campaign, Store? shop, in Hash128 customer) => shop is not null && campaign.Segments![shop.Number] is { } segment
        && (segment.OfCustomer.Count == 0 || segment.HoldsFor(store.Customers.AttributesOf(customer)));

    // A partition leaves a cart free after a conditional decision, because it does not know the customer. What it decides then yields to a campaign that enrolled the cart.
    bool IsTakenBySegment(JourneyOptions options, Decision decision, Campaign campaign)
    {
        var (campaigns, shop) = (options.Campaigns, options.FindStore(decision.Intervention.StoreId));
        for (var i = 0; i < campaigns.Count && shop is not null; i++)
        {
            if (campaigns[i].Name != campaign.Name && campaigns[i].IsConditionalIn(shop.Number) && store.Journeys.LastOf(decision.Cart, campaigns[i].Name) is { } taken
                && Math.Abs(decision.At - taken.StartedAt) < (campaigns.WindowMilliseconds ?? 0) && !store.Offers.IsUnseen(taken.Id))
            {
                return true;
            }
        }

        return false;
    }

    // The journey is stored anyway: shoppers left alone are the control group.
    void Observe(JourneyOptions options, Journey journey, WithheldReason reason, long now)
    {
        store.Journeys.Add(journey with { State = JourneyState.Observed });
        planner.Withhold(options, journey, now, reason);
    }
}
