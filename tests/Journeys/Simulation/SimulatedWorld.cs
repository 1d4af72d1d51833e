using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Simulation;

/// <summary>The events the engine would receive; the simulation itself ignores them.</summary>
interface IWorldListener
{
    void Tell(EventType type, Visit visit, long at, bool verified, string meta = "", decimal amount = 0, SimulatedCart? cart = null);

    void Decide(Visit visit, long at);
}

/// <summary>
/// Shoppers of several shops over three weeks with clock changes forward in one zone and back in another. Advances by itself; only messages
/// received by a shopper change its course.
/// </summary>
sealed class SimulatedWorld
{
    /// <summary>The day before clocks go forward on Lord Howe Island; they go back in Europe three weeks later.</summary>
    public static readonly long Start = DateTimeOffset.Parse("2026-10-03T06:00:00Z").ToUnixTimeMilliseconds();

    public static IReadOnlyList<Store> Stores { get; } =
    [
        Of(0, "ams", "Europe/Amsterdam"), Of(1, "nyc", "America/New_York"), Of(2, "blr", "Asia/Kolkata"), Of(3, "lhi", "Australia/Lord_Howe"),
    ];

    readonly PriorityQueue<Action, (long At, long Order)> _queue = new();
    readonly IWorldListener? _listener;
    long _order;

    public SimulatedWorld(int seed, int shoppers, IReadOnlyList<Store> stores, IWorldListener? listener)
    {
        _listener = listener;
        var shared = new Dictionary<int, SimulatedCart>();
        for (var i = 0; i < shoppers; i++)
        {
            // Every twentieth shopper shares a device with another of the store; both sign in.
            var store = stores[i % stores.Count];
            if ((i + stores.Count) % 20 == 7)
            {
                shared[i] = shared[i + stores.Count] = new SimulatedCart(store, $"shared{i}");
            }

            var shopper = SimulatedShopper.Draw(seed, i, store, Start, shared.GetValueOrDefault(i));
            Shoppers.Add(shopper);
            foreach (var visit in shopper.Visits)
            {
                Carts[visit.Cart.Key] = visit.Cart;
                At(visit.At, () => Begin(visit));
            }

            if (shopper.RevokesAt > 0)
            {
                At(shopper.RevokesAt, () => Revoke(shopper));
            }
        }
    }

    public List<SimulatedShopper> Shoppers { get; } = [];

    public Dictionary<Hash128, SimulatedCart> Carts { get; } = [];

    /// <summary>The revenue by store.</summary>
    public Dictionary<string, decimal> Revenue { get; } = Stores.ToDictionary(s => s.Id, _ => 0m);

    public long Now { get; private set; } = Start;

    /// <summary>When the next event happens; <see cref="long.MaxValue"/> if none remains.</summary>
    public long Next => _queue.TryPeek(out _, out var key) ? key.At : long.MaxValue;

    public void At(long at, Action action) => _queue.Enqueue(action, (Math.Max(at, Now), _order++));

    /// <summary>Executes the next event.</summary>
    public void Step()
    {
        _queue.TryDequeue(out var action, out var key);
        Now = key.At;
        action!();
    }

    /// <summary>Delivers a message to the cart's current user.</summary>
    public void Reach(SimulatedCart cart, string id, AddressKind kind)
    {
        var visit = cart.Visit!;
        if (visit.PersuadedAfter > 0 && !visit.IsPersuaded)
        {
            visit.IsPersuaded = true;
            At(Now + visit.PersuadedAfter, () =>
            {
                _listener?.Tell(EventType.Clicked, visit, Now, verified: true, $$"""{"intervention":"{{id}}"}""");
                Buy(visit);
            });
        }

        if (visit.UnsubscribesAfter > 0 && kind is AddressKind.Email or AddressKind.Phone)
        {
            At(Now + visit.UnsubscribesAfter, () =>
            {
                visit.Shopper.Refused.Add(kind);
                _listener?.Tell(EventType.Unsubscribed, visit, Now, verified: true, $$"""{"channel":"{{NameOf(kind)}}"}""");
            });
        }
    }

    void Begin(Visit visit)
    {
        var (shopper, cart) = (visit.Shopper, visit.Cart);
        cart.Visit = visit;
        (cart.LastAt, cart.Items, cart.Value, cart.User) = (Now, cart.Items + 1, cart.Value + visit.Value, visit.User ?? cart.User);
        if (visit.IsTold)
        {
            Introduce(visit);
        }

        if (visit.BuysAtOnce)
        {
            At(Now + (10 * Minute), () => Buy(visit));
            return;
        }

        var left = Now;
        At(Now + (visit.Campaign == "left" ? 30 : 60) * Minute, () =>
        {
            if (cart.LastAt == left && cart.Items > 0)
            {
                _listener?.Decide(visit, Now);
            }
        });
        if (visit.ReturnsAfter > 0)
        {
            At(Now + visit.ReturnsAfter, () => Buy(visit));
        }

        if (shopper.Number % 50 == 3)
        {
            // A foreign browser claims another address for this customer, with full consent.
            var thief = new SimulatedCart(cart.Store, $"thief{shopper.Number}");
            _listener?.Tell(EventType.Identify, visit, Now, verified: false, """{"email":"thief@x.example","phone":"+99","pushToken":"thief"}""", cart: thief);
            foreach (var kind in shopper.Consents.Keys)
            {
                _listener?.Tell(EventType.Consent, visit, Now, verified: false, $$"""{"channel":"{{NameOf(kind)}}","granted":true}""", cart: thief);
            }
        }
    }

    // The shop learns the person's identity and consent.
    void Introduce(Visit visit)
    {
        var shopper = visit.Shopper;
        shopper.IsZoneTold = true;
        (string Name, string? Value)[] said =
        [
            ("email", shopper.Addresses.Email), ("phone", shopper.Addresses.Phone), ("pushToken", shopper.Addresses.PushToken), ("timezone", shopper.Zone),
        ];
        _listener?.Tell(EventType.Identify, visit, Now, shopper.IsKnownToServer,
            $"{{{string.Join(',', said.Where(s => s.Value is not null).Select(s => $"\"{s.Name}\":\"{s.Value}\""))}}}");
        foreach (var (kind, attitude) in shopper.Consents)
        {
            if (attitude.Granted is not { } granted)
            {
                continue;
            }

            granted &= !shopper.Refused.Contains(kind);
            var until = Now + (attitude.DaysValid * Day);
            if (granted)
            {
                shopper.ConsentUntil[kind] = until;
            }
            else
            {
                shopper.Refused.Add(kind);
            }

            _listener?.Tell(EventType.Consent, visit, Now, shopper.IsKnownToServer,
                $$"""{"channel":"{{NameOf(kind)}}","granted":{{(granted ? "true" : "false")}},"expiresAt":{{until}}}""");
        }
    }

    void Revoke(SimulatedShopper shopper)
    {
        // A browser's word counts for its cart, so the person says it in each; whom the server knows tells the server.
        foreach (var visit in shopper.Visits.Where(v => v.At <= Now))
        {
            foreach (var kind in shopper.Consents.Keys)
            {
                shopper.Refused.Add(kind);
                _listener?.Tell(EventType.Consent, visit, Now, shopper.IsKnownToServer, $$"""{"channel":"{{NameOf(kind)}}","granted":false}""");
            }
        }
    }

    void Buy(Visit visit)
    {
        var cart = visit.Cart;
        if (cart.Items == 0 || cart.Visit!.Shopper != visit.Shopper)
        {
            return;
        }

        visit = cart.Visit;
        var amount = cart.Value;
        Revenue[cart.Store.Id] += amount;
        visit.Shopper.Orders.Add((Now, cart, visit.IsSignedIn));
        (cart.LastAt, cart.PurchasedAt, cart.Items, cart.Value) = (Now, Now, 0, 0);
        _listener?.Tell(EventType.Purchase, visit, Now, verified: true, amount: amount);
        if (visit.Shopper.Number % 2 == 0)
        {
            _listener?.Tell(EventType.Purchase, visit, Now, verified: false, amount: amount);
        }
    }

    public static string NameOf(AddressKind kind) => kind switch { AddressKind.Email => "email", AddressKind.Phone => "sms", _ => "push" };

    static Store Of(int index, string id, string zone) =>
        new(index, id, System.Text.Encoding.UTF8.GetBytes(id), TimeZoneInfo.FindSystemTimeZoneById(zone), "EUR");
}
