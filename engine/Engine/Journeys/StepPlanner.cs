using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys;

/// <summary>Plans a journey's messages: when, and with which offer.</summary>
/// <param name="store">Records messages that are withheld.</param>
/// <param name="ports">Knows the channels.</param>
/// <param name="chooser">Chooses offers.</param>
/// <param name="counters">The counters.</param>
sealed class StepPlanner(JourneyStore store, IJourneyPorts ports, OfferChooser chooser, JourneyCounters counters)
{
    /// <summary>Plans a step.</summary>
    /// <returns>Its message; <see langword="null"/> if the series has no step of this number.</returns>
    public PlannedMessage? Plan(JourneyOptions options, Journey journey, Campaign campaign, CampaignVariant variant, int number, long now)
    {
        if (number > variant.Steps.Count)
        {
            return null;
        }

        var step = variant.Steps[number - 1];
        var id = MessageRenderer.IdOf(journey, number);
        var context = OfferChooser.ContextOf(journey.Candidate.UserId is not null, journey.Candidate.Cart.Value);
        var margin = options.FindStore(journey.Candidate.StoreId)?.Margin ?? 0;
        var features = FeaturesOf(options, journey);
        var (offer, propensity) = chooser.Choose(campaign.Name, step.Offers, features, margin, id);
        var due = now + step.Wait;
        return new PlannedMessage(id, number, ChannelOf(step.Channel), offer.Name, context, propensity, due, due + step.UsefulFor)
        {
            Features = step.Offers.Count > 1 ? features : null,
        };
    }

    /// <summary>Records a first message that is withheld, and why.</summary>
    public void Withhold(JourneyOptions options, Journey journey, long now, WithheldReason reason)
    {
        var candidate = journey.Candidate;
        var offer = new Offer(candidate.Action, candidate.DiscountPercent, candidate.Code);
        var message = new PlannedMessage(candidate.Id, 1, ChannelOf(candidate.Channel), offer.Name, Context: 0, Propensity: 1, now, now)
        {
            // What they do without a message is what offers are compared with.
            Features = reason is WithheldReason.Holdout or WithheldReason.Control ? FeaturesOf(options, journey) : null,
        };
        if (store.Messages.Add(message, journey, now, new MessageOutcome(MessageState.Withheld, reason)))
        {
            counters.AddWithheld(reason);
        }
    }

    static float[] FeaturesOf(JourneyOptions options, Journey journey) =>
        OfferFeatures.Of(journey.Candidate, options.FindStore(journey.Candidate.StoreId)?.TimeZone ?? TimeZoneInfo.Utc);

    DeliveryChannel ChannelOf(string name) => ports.Find(name) ?? new DeliveryChannel(name, AddressKind.None);
}
