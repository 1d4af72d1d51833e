using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Sending;

/// <summary>
/// Sends offers to shoppers' open streams. One whose shopper has none (a page load, a restart) waits for them while it is of use: one per cart, the
/// latest, and a bounded number per store. Until it is sent it counts for no cap, and teaches nothing.
/// </summary>
/// <param name="store">Has the offers.</param>
/// <param name="ports">Has the streams, and tells who is back.</param>
/// <param name="counters">Count the offers.</param>
sealed class SocketOffers(JourneyStore store, IJourneyPorts ports, JourneyCounters counters)
{
    // The shopper may have come back just before they were waited for: the cart then names the stream.
    const long RecheckDelay = 1000;

    const int MaxReturned = 10_000;

    // Shoppers who came back since their offer was last tried: the cart it is tried with may have been read before. Those of offers that ended otherwise
    // stay until the set is full.
    readonly HashSet<Hash128> _returned = [];

    /// <summary>Sends an offer, or decides how it waits.</summary>
    /// <param name="intervention">The offer.</param>
    /// <param name="message">Its message.</param>
    /// <param name="journey">Its journey.</param>
    /// <param name="connection">The cart's connection; 0 for none.</param>
    /// <param name="shop">The store's number.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public MessageOutcome Send(Intervention intervention, DueMessage message, Journey journey, long connection, int shop, long now)
    {
        var isBack = _returned.Remove(journey.Cart);
        if (connection != 0 && ports.TrySendToSocket(intervention, connection))
        {
            ports.ForgetShopper(journey.Cart);
            Count(intervention.Channel, intervention.Action, "delivered");
            return new MessageOutcome(MessageState.Sent, Message: intervention);
        }

        if (now >= message.UsefulUntil)
        {
            ports.ForgetShopper(journey.Cart);
            Count(intervention.Channel, intervention.Action, "unreachable");
            Release(journey, message.Id);
            return new MessageOutcome(MessageState.Withheld, WithheldReason.Unreachable);
        }

        if (!message.IsUnreachable)
        {
            End(journey.Cart, message.Id, now);
        }

        if (ports.AwaitShopper(journey.Cart, shop) is { } evicted)
        {
            End(evicted, except: null, now);
        }

        return new MessageOutcome(
            MessageState.Scheduled, WithheldReason.Unreachable,
            Until: isBack ? now : message.IsUnreachable ? message.UsefulUntil : Math.Min(now + RecheckDelay, message.UsefulUntil));
    }

    /// <summary>Sends what waits for a shopper who is back.</summary>
    public void Return(in Hash128 cart, long now)
    {
        if (store.Offers.Wake(cart, now) == 0)
        {
            // Its series has ended meanwhile.
            ports.ForgetShopper(cart);
        }
        else
        {
            if (_returned.Count >= MaxReturned)
            {
                _returned.Clear();
            }

            _returned.Add(cart);
        }
    }

    /// <summary>Goes on waiting after a start, and looks once who is back already.</summary>
    public void Resume(JourneyOptions options, long now)
    {
        foreach (var (cart, storeId) in store.Offers.All())
        {
            if (options.FindStore(storeId) is { } shop && ports.AwaitShopper(cart, shop.Number) is { } evicted)
            {
                End(evicted, except: null, now);
            }
        }

        store.Offers.WakeAll(now);
    }

    void End(in Hash128 cart, string? except, long now)
    {
        foreach (var (id, journey) in store.Offers.Of(cart))
        {
            if (id != except && store.Messages.End(id, WithheldReason.Unreachable, detail: null, now))
            {
                counters.AddWithheld(WithheldReason.Unreachable);
                if (store.Journeys.Find(journey) is { } ended)
                {
                    Release(ended, id);
                }

                if (!store.Offers.HasScheduled(journey))
                {
                    store.Journeys.End(journey, JourneyState.Completed);
                }
            }
        }
    }

    // What nobody saw uses up no window. A message of the series that was sent, or is still to come, does.
    void Release(Journey journey, string offer)
    {
        if (!store.Offers.HasOthers(journey.Id, offer))
        {
            ports.ReleaseWindow(journey.Cart, journey.StartedAt, journey.Candidate.Campaign);
        }
    }

    void Count(string channel, ActionKind action, string outcome) => counters.AddEnded(channel, action.ToString().ToLowerInvariant(), outcome);
}
