using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Journeys;

/// <content>Previews of messages.</content>
public sealed partial class JourneyEngine
{
    /// <summary>Prepares a step's message without a recipient; <see langword="null"/> if there is no such step.</summary>
    /// <param name="storeId">The store.</param>
    /// <param name="campaign">The campaign's name.</param>
    /// <param name="variant">The variant; <see langword="null"/> for the first that has steps.</param>
    /// <param name="number">The step, from 1.</param>
    /// <param name="choice">The choice of the offer, from 1.</param>
    /// <param name="cartId">The cart's id.</param>
    /// <param name="cart">The cart; <see langword="null"/> for a sample.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public PreparedMessage? PreparePreview(string storeId, string campaign, string? variant, int number, int choice, string cartId, in CartRecord? cart, long now)
    {
        var (options, found) = (Options, Options.Campaigns.Find(campaign));
        var steps = found?.Variants.FirstOrDefault(v => variant is null ? v.Steps.Count > 0 : v.Name == variant)?.Steps;
        if (steps is null || number < 1 || number > steps.Count || choice < 1 || choice > steps[number - 1].Offers.Count || options.FindStore(storeId) is not { } store
            || !found!.AppliesTo(store.Number))
        {
            return null;
        }

        return Preview(options, store, campaign, found.Rule, steps[number - 1], number, choice, cartId, cart, now);
    }

    /// <summary>Prepares a message that no campaign has, to preview its texts.</summary>
    /// <param name="storeId">The store.</param>
    /// <param name="name">The name of the texts, as links and errors show it.</param>
    /// <param name="step">The texts, with one offer.</param>
    /// <param name="cartId">The cart's id.</param>
    /// <param name="cart">The cart; <see langword="null"/> for a sample.</param>
    /// <param name="now">The current time (ms since 1970 UTC).</param>
    /// <returns><see langword="null"/> if there is no such store.</returns>
    public PreparedMessage? PreparePreview(string storeId, string name, CampaignStep step, string cartId, in CartRecord? cart, long now) =>
        Options.FindStore(storeId) is { } store ? Preview(Options, store, name, "", step, number: 1, choice: 1, cartId, cart, now) : null;

    PreparedMessage Preview(JourneyOptions options, Store store, string campaign, string rule, CampaignStep step, int number, int choice, string cartId, in CartRecord? cart, long now)
    {
        var storeId = store.Id;
        var sample = new Intervention
        {
            Id = MessageRenderer.SampleId,
            StoreId = storeId,
            CartId = cartId,
            Campaign = campaign,
            Channel = step.Channel,
            Action = step.Offers[choice - 1].Action,
            Message = "",
            Cart = new CartSummary(2, 59.98m, store.Currency),
            Reasons = new DecisionReasons(rule, 0, [], ""),
            DecidedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
        };
        var user = cart is { UserLength: > 0 } known ? Encoding.UTF8.GetString(known.UserId) : null;
        var attributes = CustomerAttributes.Read(_store.Customers.AttributesOf(options.CustomerOf(storeId, user)));
        var offer = step.Offers[choice - 1] is { Codes: { } codes } withCodes ? withCodes with { Code = codes.Example } : step.Offers[choice - 1];
        return _renderer.Prepare(options, sample with { UserId = user }, sample.Id, step, number, offer,
            _ports.Find(step.Channel)?.Address ?? AddressKind.None, cart, new Addressee(Recipient: null, attributes, store.TimeZone, ShowsClaims: true), now);
    }
}
