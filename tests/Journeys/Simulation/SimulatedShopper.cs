using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Simulation;

/// <summary>A cart on a device, its content and its last user.</summary>
sealed class SimulatedCart(Store store, string id)
{
    public Store Store { get; } = store;

    public string Id { get; } = id;

    public Hash128 Key { get; } = store.Ids.CartOf(Encoding.UTF8.GetBytes(id));

    /// <summary>The visit in which the cart last changed.</summary>
    public Visit? Visit { get; set; }

    public long LastAt { get; set; }

    public long PurchasedAt { get; set; }

    public int Items { get; set; }

    public decimal Value { get; set; }

    public string? User { get; set; }
}

/// <summary>A person's consent for a channel.</summary>
readonly record struct ChannelConsent(bool? Granted, long DaysValid);

/// <summary>
/// One visit to the shop with all its random outcomes drawn in advance, so that worlds with and without messages differ only by the
/// messages' effects.
/// </summary>
sealed record Visit(SimulatedShopper Shopper, SimulatedCart Cart, long At, bool IsSignedIn)
{
    public required decimal Value { get; init; }

    /// <summary>Whether the shopper buys before leaving.</summary>
    public required bool BuysAtOnce { get; init; }

    /// <summary>The delay after which the shopper returns and buys regardless of messages; 0 for never.</summary>
    public required long ReturnsAfter { get; init; }

    /// <summary>The delay after the first message received until the shopper buys; 0 for never.</summary>
    public required long PersuadedAfter { get; init; }

    /// <summary>The delay after a message received until the shopper unsubscribes; 0 for never.</summary>
    public required long UnsubscribesAfter { get; init; }

    public required string Campaign { get; init; }

    public required bool HasStream { get; init; }

    public required bool IsTold { get; init; }

    public bool IsPersuaded { get; set; }

    public string? User => IsSignedIn ? Shopper.User : null;

    public Hash128 Customer => Cart.Store.Ids.CustomerOf(Encoding.UTF8.GetBytes(User ?? ""));
}

/// <summary>A person with devices, addresses, preferences and plans for three weeks.</summary>
sealed class SimulatedShopper
{
    public required Store Store { get; init; }

    public required int Number { get; init; }

    public required string User { get; init; }

    /// <summary>The time zone known to the shop; <see langword="null"/> if unknown.</summary>
    public required string? Zone { get; init; }

    public required Recipient Addresses { get; init; }

    /// <summary>Whether the shop's server, not the browser, reports the addresses.</summary>
    public required bool IsKnownToServer { get; init; }

    public required Dictionary<AddressKind, ChannelConsent> Consents { get; init; }

    /// <summary>When they withdraw all consent; 0 for never.</summary>
    public required long RevokesAt { get; init; }

    public List<Visit> Visits { get; } = [];

    // State as the simulation advances.

    /// <summary>Whether the shop knows the time zone.</summary>
    public bool IsZoneTold { get; set; }

    public Dictionary<AddressKind, long> ConsentUntil { get; } = [];

    public HashSet<AddressKind> Refused { get; } = [];

    /// <summary>The orders, each with its cart and whether the person was signed in.</summary>
    public List<(long At, SimulatedCart Cart, bool IsSignedIn)> Orders { get; } = [];

    public List<(long At, AddressKind Address, string Id)> Received { get; } = [];

    public string ZoneInForce => IsZoneTold && Zone is not null ? Zone : Store.TimeZone.Id;

    static readonly string?[] s_zones = [null, null, "Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

    static readonly AddressKind[] s_channels = [AddressKind.Email, AddressKind.Phone, AddressKind.Push];

    /// <summary>Draws a random shopper.</summary>
    /// <param name="seed">The world's seed.</param>
    /// <param name="number">The shopper's number.</param>
    /// <param name="store">The store they visit.</param>
    /// <param name="start">The start of the three weeks.</param>
    /// <param name="shared">A device shared with another shopper.</param>
    public static SimulatedShopper Draw(int seed, int number, Store store, long start, SimulatedCart? shared)
    {
        var random = new Random(HashCode(seed, number));
        var kind = shared is not null ? 0 : random.Next(10);
        var devices = kind is 0 or 1 or 8 ? 2 : 1;

        // Signed in always, never, or from the second visit on.
        var signsInAt = shared is not null || kind < 5 ? 0 : kind < 8 ? int.MaxValue : 1;

        // An anonymous shopper's two devices are linked only by the address.
        var isOnlyByMail = devices == 2 && signsInAt > 0;
        var carts = Enumerable.Range(0, devices).Select(d => new SimulatedCart(store, $"c{number}-{d}")).ToArray();
        carts[0] = shared ?? carts[0];
        var email = random.Next(10) == 0 ? null : $"shopper{number}@x.example";
        var shopper = new SimulatedShopper
        {
            Store = store,
            Number = number,
            User = $"u{number}",
            Zone = s_zones[random.Next(s_zones.Length)],
            Addresses = isOnlyByMail ? new Recipient(email)
                : new Recipient(email, random.Next(2) == 0 ? $"+316{number:d8}" : null, random.Next(3) == 0 ? $"token-{number}" : null),
            IsKnownToServer = signsInAt == 0 && random.Next(2) == 0,
            Consents = s_channels.ToDictionary(c => c, _ => random.Next(10) switch
            {
                0 => new ChannelConsent(null, 0),
                1 => new ChannelConsent(false, 0),
                2 or 3 => new ChannelConsent(true, random.Next(1, 6)),
                _ => new ChannelConsent(true, 1000),
            }),
            RevokesAt = !isOnlyByMail && random.Next(12) == 0 ? start + random.NextInt64(20 * Day) : 0,
        };
        var visits = 1 + random.Next(4);
        var times = Enumerable.Range(0, visits).Select(_ => start + random.NextInt64(18 * Day)).Order().ToArray();
        for (var i = 0; i < visits; i++)
        {
            var fate = random.NextDouble();
            shopper.Visits.Add(new Visit(shopper, carts[random.Next(devices)], times[i], i >= signsInAt)
            {
                Value = 15 + (decimal)Math.Round(-40 * Math.Log(1 - random.NextDouble()), 2),
                BuysAtOnce = fate < 0.15,
                ReturnsAfter = fate is > 0.15 and < 0.27 ? 40 * Minute + random.NextInt64(3 * Day) : 0,
                PersuadedAfter = fate is > 0.4 and < 0.55 ? 5 * Minute + random.NextInt64(12 * Hour) : 0,
                UnsubscribesAfter = random.Next(25) == 0 ? 3 * Minute : 0,
                Campaign = random.Next(3) == 0 ? "checkout" : "left",
                HasStream = random.Next(3) == 0,
                IsTold = random.Next(12) > 0 || i == signsInAt,
            });
        }

        return shopper;
    }

    public string? AddressOf(AddressKind kind) => CustomerTables.AddressOf(Addresses, kind);

    static int HashCode(int seed, int number) => (int)Hash128.Of(System.Text.Encoding.UTF8.GetBytes($"{seed} {number}"), seed: 5).Low;
}
