using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Tests.Journeys.Simulation;

/// <summary>
/// An independent statement of the contact rules: checks each message sent against the simulation's own knowledge of its recipient. Shares
/// no code with the engine's policy.
/// </summary>
sealed class ContactReference(ContactConfig contact)
{
    readonly Dictionary<string, TimeZoneInfo> _zones = [];

    /// <summary>The rule violated by sending a message at this moment; <see langword="null"/> for none.</summary>
    public string? Fault(Intervention message, SimulatedCart cart, AddressKind kind, long now)
    {
        var visit = cart.Visit!;
        var shopper = visit.Shopper;
        if (message.CartId != cart.Id || message.StoreId != cart.Store.Id)
        {
            return "is about another cart";
        }

        if (cart.Items == 0)
        {
            return "is about an empty cart";
        }

        if (shopper.Orders.Exists(o => o.At >= cart.LastAt && (o.Cart == cart || (o.IsSignedIn && visit.IsSignedIn))))
        {
            return "comes after a purchase";
        }

        if (kind == AddressKind.None)
        {
            return null;
        }

        var recipient = message.Recipient!;
        string?[] addresses = [recipient.Email, recipient.Phone, recipient.PushToken];
        if (addresses.Count(a => a is not null) != 1 || addresses[(int)kind - 1] is not { } address)
        {
            return "does not have the one address it needs";
        }

        if (address != shopper.AddressOf(kind))
        {
            return $"goes to someone else: {address}";
        }

        if (shopper.Refused.Contains(kind))
        {
            return "goes to a person who withdrew consent";
        }

        if (!shopper.ConsentUntil.TryGetValue(kind, out var until) || now >= until)
        {
            return "goes out without consent";
        }

        if (message.Step == 1 && now < cart.LastAt + contact.FirstMessage.Value.TotalMilliseconds)
        {
            return "comes too soon";
        }

        if (IsIn(contact.QuietHours!.From, contact.QuietHours.To, Clock(shopper.ZoneInForce, now)))
        {
            return "comes in quiet hours";
        }

        if (contact.BusinessHours is { } open)
        {
            var clock = Clock(shopper.Store.TimeZone.Id, now);
            if (!IsIn(open.From, open.To, clock) || !open.Days.Contains((Weekday)clock.DayOfWeek))
            {
                return "comes out of business hours";
            }
        }

        foreach (var cap in contact.Caps)
        {
            if (cap.Channel == "sms" && kind != AddressKind.Phone)
            {
                continue;
            }

            var before = shopper.Received.Count(r =>
                r.At > now - cap.Per.Value.TotalMilliseconds && (cap.Channel == "messages" || r.Address == AddressKind.Phone));
            if (before >= cap.Max)
            {
                return $"is over the cap of {cap.Max} {cap.Channel}";
            }
        }

        return null;
    }

    DateTime Clock(string zone, long at)
    {
        if (!_zones.TryGetValue(zone, out var found))
        {
            _zones[zone] = found = TimeZoneInfo.FindSystemTimeZoneById(zone);
        }

        return TimeZoneInfo.ConvertTimeFromUtc(DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime, found);
    }

    static bool IsIn(TimeOfDay from, TimeOfDay to, DateTime clock)
    {
        var (a, b, time) = (from.Value.ToTimeSpan(), to.Value.ToTimeSpan(), clock.TimeOfDay);
        return a < b ? a <= time && time < b : a <= time || time < b;
    }
}
