using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Outreach;

/// <summary>Takes a decision of a cart's partition on: whether the shopper may be contacted by the campaign at all, on which side of its experiment.</summary>
/// <param name="store">What is known.</param>
/// <param name="identities">Whom lots are drawn for.</param>
/// <param name="planner">Plans the messages.</param>
sealed class Enrolment(OutreachStore store, Identities identities, StepPlanner planner)
{
    /// <summary>Begins a journey, or says why not.</summary>
    /// <param name="setup">The configuration.</param>
    /// <param name="decision">The decision.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <returns>The journey and its first message, which is planned; <see langword="null"/> when there is none.</returns>
    public (Journey Journey, DueMessage First)? Enrol(OutreachSetup setup, Decision decision, long now)
    {
        var candidate = decision.Intervention;
        if (store.Messages.Exists(candidate.Id))
        {
            return null;
        }

        var customer = Identities.CustomerOf(candidate.StoreId, candidate.UserId);
        var subject = identities.SubjectOf(decision.Cart, customer);
        var campaign = setup.Campaigns.Find(candidate.Campaign);
        var journey = new Journey
        {
            Candidate = candidate,
            Cart = decision.Cart,
            Customer = customer,
            Subject = subject,
            Variant = CampaignVariant.Only,
            IsHoldout = false,
            StartedAt = decision.At,
            ConnectionId = decision.ConnectionId,
        };
        if (campaign is null)
        {
            Refuse(setup, journey, WithheldReason.CampaignGone, now);
            return null;
        }

        if (store.Journeys.LastOf(decision.Cart, campaign.Name) is { } last
            && (last.State == JourneyState.Active || decision.At - last.StartedAt < campaign.Reentry))
        {
            store.Journeys.Turn(last.Id, decision.At);
            planner.Withhold(setup, journey with { Id = last.Id }, now,
                last.State == JourneyState.Active ? WithheldReason.InCampaign : WithheldReason.Reentry);
            return null;
        }

        if (Lots.IsHoldout(subject, candidate.StoreId, setup.Holdout))
        {
            Refuse(setup, journey with { IsHoldout = true }, WithheldReason.Holdout, now);
            return null;
        }

        var variant = campaign.Variants.FirstOrDefault(v => v.Name == store.Journeys.VariantOf(subject, campaign.Name))
            ?? Lots.VariantOf(subject, campaign);
        journey = journey with { Variant = variant.Name };
        if (variant.Steps.Count == 0 || store.IsStopped(campaign.Name, variant.Name))
        {
            Refuse(setup, journey, variant.Steps.Count == 0 ? WithheldReason.Control : WithheldReason.VariantStopped, now);
            return null;
        }

        // A message to an open stream goes before the cart is looked at again; who bought elsewhere while it was left is known here already.
        if (campaign.Trigger == TriggerKind.Idle && store.Customers.PurchasedAt(customer) > decision.At - campaign.IdleMilliseconds)
        {
            Refuse(setup, journey, WithheldReason.Purchased, now);
            return null;
        }

        journey = journey with { Id = store.Journeys.Add(journey) };
        return (journey, planner.Plan(setup, journey, campaign, variant, number: 1, now)!);
    }

    // Its journey is kept all the same: who was left alone is what the others are held against.
    void Refuse(OutreachSetup setup, Journey journey, WithheldReason reason, long now)
    {
        var observed = journey with { State = JourneyState.Observed };
        planner.Withhold(setup, observed with { Id = store.Journeys.Add(observed) }, now, reason);
    }
}
