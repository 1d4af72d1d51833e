using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Recipients;

/// <summary>
/// Limits messages to unproven addresses: few new recipients per network and store, and a confirmation in the shop's own words first.
/// </summary>
/// <param name="store">Remembers the recipients.</param>
/// <param name="ports">Takes the confirmations.</param>
/// <param name="counters">Count the recipients that were too many.</param>
sealed class UnprovenRecipients(JourneyStore store, IJourneyPorts ports, JourneyCounters counters)
{
    const long ConfirmationLifetime = 7 * 86_400_000L, RecheckInterval = 3_600_000, MinRetryWait = 60_000, MaxRetryWait = 15 * 60_000;

    /// <summary>Returns whether a message may show what a browser said: names, attributes, ids.</summary>
    public bool MayShowClaims(string storeId, in Hash128 cart, ResolvedContact reach, string? address) =>
        address is null || reach.Standing == Standing.Server
            || store.Unproven.IsConfirmedFor(store.Addresses.Of(storeId, address), cart) == true;

    /// <summary>Decides whether a message that the policy allows may go to an address.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="shop">The store.</param>
    /// <param name="journey">The journey.</param>
    /// <param name="message">The message.</param>
    /// <param name="channel">The message's channel.</param>
    /// <param name="reach">Where the address comes from.</param>
    /// <param name="address">The address.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <returns>Why it waits or is not sent; <see langword="null"/> if it may be sent.</returns>
    public MessageOutcome? Check(
        JourneyOptions options, Store shop, Journey journey, DueMessage message, DeliveryChannel channel, ResolvedContact reach,
        string address, long now)
    {
        if (reach.Standing == Standing.Server)
        {
            return null;
        }

        var key = store.Addresses.Of(shop.Id, address);
        var isConfirmed = store.Unproven.IsConfirmed(key);
        if (isConfirmed == true)
        {
            return null;
        }

        if (isConfirmed is null && CheckLimits(options.Unproven, shop, reach.Network, now) is { } limit)
        {
            return limit;
        }

        if (!options.Unproven.NeedsConfirmation)
        {
            return null;
        }

        if (options.PublicUrl is null || now >= message.UsefulUntil)
        {
            return new MessageOutcome(MessageState.Withheld, WithheldReason.NotConfirmed,
                Detail: options.PublicUrl is null ? "A confirmation needs contact.publicUrl." : null);
        }

        if (isConfirmed is null)
        {
            if (!ports.TryEnqueue(Confirmation(options, shop, journey, message, channel, address, key, now)))
            {
                return new MessageOutcome(MessageState.Scheduled, Until: now);
            }

            Record(shop, journey, channel, reach, address, now);
        }

        // Another cart of the same guest may be the one that is confirmed.
        return new MessageOutcome(MessageState.Scheduled, WithheldReason.NotConfirmed,
            Until: Math.Min(message.UsefulUntil, now + RecheckInterval));
    }

    /// <summary>Records that something was sent to an address that a browser named.</summary>
    public void Record(Store shop, Journey journey, DeliveryChannel channel, ResolvedContact reach, string address, long now)
    {
        if (reach.Standing != Standing.Server)
        {
            store.Unproven.Add(store.Addresses.Of(shop.Id, address), shop.Id, journey.Cart, channel.Address, reach.Network, now);
        }
    }

    /// <summary>Confirms an address and wakes its messages.</summary>
    /// <returns><see langword="false"/> if the address is not known any more.</returns>
    public bool Confirm(in Hash128 address, in Hash128 cart, long now)
    {
        // A link that was sent before addresses had keyed hashes names the plain one.
        if (!store.Unproven.Confirm(address, cart, now) && !store.Unproven.Confirm(store.Addresses.Of(address), cart, now))
        {
            return false;
        }

        store.Messages.WakeUnconfirmed(cart, now);
        return true;
    }

    /// <summary>Tries a confirmation again later that its sink could not deliver now, while a message waits for it.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="intervention">What the sink could not deliver.</param>
    /// <param name="after">Minimum wait (ms).</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <returns><see langword="false"/> if it is no confirmation.</returns>
    public bool Postpone(JourneyOptions options, Intervention intervention, long after, long now)
    {
        if (intervention is not { Links.Confirm: not null, Recipient: { } recipient })
        {
            return false;
        }

        // The waits grow with the age of the decision. Nothing was delivered, so it counts for no limit.
        if (options.FindStore(intervention.StoreId) is { } shop && shop.Ids.CartOf(Encoding.UTF8.GetBytes(intervention.CartId)) is var cart
            && store.Unproven.Forget(store.Addresses.Of(shop.Id, recipient), cart))
        {
            var age = now - intervention.DecidedAt.ToUnixTimeMilliseconds();
            store.Messages.WakeUnconfirmed(cart, now + Math.Max(after, Math.Clamp(age / 4, MinRetryWait, MaxRetryWait)));
        }

        return true;
    }

    // Over the network's limit, withholds. Over the store's limit, defers: the store may just be popular.
    MessageOutcome? CheckLimits(UnprovenContactOptions rules, Store shop, long network, long now)
    {
        if (network != 0 && store.Unproven.LastOfNetwork(shop.Id, network, rules.PerNetwork.Count - 1) is > 0 and var ofNetwork
            && now - ofNetwork < rules.PerNetwork.Per)
        {
            return new MessageOutcome(MessageState.Withheld, WithheldReason.RecipientLimit,
                Detail: "Too many new recipients were named from one network.");
        }

        if (store.Unproven.LastOfStore(shop.Id, rules.PerStore.Count - 1) is > 0 and var ofStore && now - ofStore < rules.PerStore.Per)
        {
            counters.SetRecipientLimit(shop.Id, ofStore + rules.PerStore.Per);
            return new MessageOutcome(MessageState.Scheduled, WithheldReason.RecipientLimit, Until: ofStore + rules.PerStore.Per);
        }

        return null;
    }

    static Intervention Confirmation(
        JourneyOptions options, Store shop, Journey journey, DueMessage message, DeliveryChannel channel, string address, in Hash128 key,
        long now)
    {
        var token = options.Signer.Sign(new SignedLink(
            LinkKind.Confirm, $"{key.High:x16}{key.Low:x16}", shop.Id, journey.Candidate.CartId, now + ConfirmationLifetime));
        var link = $"{options.PublicUrl}/v1/track/confirm/{token}";
        var (subject, text, html) = options.Unproven.RenderConfirmation(shop, link, now);
        return journey.Candidate with
        {
            // The same on every try, so that a receiver recognises a duplicate.
            Id = InterventionIds.Of(journey.StartedAt, Hash128.Of(Encoding.UTF8.GetBytes($"{message.Id} confirm"), seed: 0)),
            Channel = message.Channel,
            Action = ActionKind.Reminder,
            DiscountPercent = null,
            Code = null,
            UserId = null,
            SessionId = null,
            Step = 0,
            Subject = subject,
            Message = text,
            Html = html,
            Recipient = MessageSender.Only(address, channel.Address),
            Links = new InterventionLinks(Confirm: link),
            UsefulUntil = DateTimeOffset.FromUnixTimeMilliseconds(message.UsefulUntil),
        };
    }
}
