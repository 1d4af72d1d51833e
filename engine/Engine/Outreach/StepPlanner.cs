using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Outreach;

/// <summary>Puts a journey's next message on the list, with what it offers.</summary>
/// <param name="store">The list.</param>
/// <param name="ports">Knows the channels.</param>
/// <param name="chooser">Chooses offers.</param>
/// <param name="counters">What is counted.</param>
sealed class StepPlanner(OutreachStore store, IOutreachPorts ports, OfferChooser chooser, OutreachCounters counters)
{
    /// <summary>Plans a step; ends the journey where there is none of this number.</summary>
    /// <returns>The message that was put on the list; <see langword="null"/> where the series is over.</returns>
    public DueMessage? Plan(OutreachSetup setup, Journey journey, Campaign campaign, CampaignVariant variant, int number, long now)
    {
        if (number > variant.Steps.Count)
        {
            store.Journeys.End(journey.Id, JourneyState.Completed);
            return null;
        }

        var step = variant.Steps[number - 1];
        var id = Composer.IdOf(journey.Candidate, number);
        var context = OfferChooser.ContextOf(journey.Candidate.UserId is not null, journey.Candidate.Cart.Value);
        var margin = setup.FindStore(journey.Candidate.StoreId)?.Margin ?? 0;
        var (offer, propensity) = chooser.Choose(campaign.Name, number, step.Offers, context, margin, id);
        var due = now + step.Wait;
        store.Messages.Add(
            new PlannedMessage(id, number, ChannelOf(step.Channel), offer.Name, context, propensity, due, due + step.UsefulFor), journey, now);
        return new DueMessage
        {
            Id = id,
            Journey = journey.Id,
            Cart = journey.Cart,
            Step = number,
            Channel = step.Channel,
            Offer = offer.Name,
            DueAt = due,
            UsefulUntil = due + step.UsefulFor,
            IsDelayed = step.Wait > 0,
        };
    }

    /// <summary>Notes a first message that is not to be sent, and why.</summary>
    public void Withhold(OutreachSetup setup, Journey journey, long now, WithheldReason reason)
    {
        var candidate = journey.Candidate;
        var offer = new Offer(candidate.Action, candidate.DiscountPercent, candidate.Code);
        store.Messages.Add(
            new PlannedMessage(candidate.Id, 1, ChannelOf(candidate.Channel), offer.Name, Context: 0, Propensity: 1, now, now), journey, now, reason);
        counters.AddWithheld(reason);
    }

    OutreachChannel ChannelOf(string name) => ports.Find(name) ?? new OutreachChannel(name, AddressKind.None);
}
