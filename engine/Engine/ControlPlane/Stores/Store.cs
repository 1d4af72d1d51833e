using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.ControlPlane.Stores;

/// <summary>A store as the pipeline sees it.</summary>
/// <param name="Number">Its number in records, from 0: <see cref="StoreRegistry"/>. Never another store's.</param>
/// <param name="Id">Its id in events.</param>
/// <param name="IdUtf8">The id in UTF-8, 1 to 64 bytes. Must not be modified.</param>
/// <param name="TimeZone">The zone of hours and weekdays.</param>
/// <param name="Currency">The ISO 4217 code for events that name none.</param>
public sealed record Store(int Number, string Id, byte[] IdUtf8, TimeZoneInfo TimeZone, string Currency)
{
    /// <summary>Derives the keys of its events; without a secret unless set.</summary>
    public IdHasher Ids { get; init; } = new(IdUtf8);

    /// <summary>
    /// <see langword="true"/> if the configuration no longer has it: its carts stay, and nothing is scored, decided or sent for them.
    /// </summary>
    public bool IsRemoved { get; init; }

    /// <summary>Whether bots are contacted and counted like people, as in a shop that programs test.</summary>
    public bool TreatsBotsAsPeople { get; init; }

    /// <summary>The country of its national phone numbers, ISO 3166-1; <see langword="null"/> if not configured.</summary>
    public string? Country { get; init; }

    /// <summary>How amounts are written for its shoppers.</summary>
    public MoneyLocale Locale { get; init; } = MoneyLocale.Default;

    /// <summary>Its name for shoppers; <see langword="null"/> if not configured.</summary>
    public string? Name { get; init; }

    /// <summary>The shop's cart page; <see langword="null"/> if not configured.</summary>
    public Uri? CartUrl { get; init; }

    /// <summary>Hosts that links in messages may point to, besides that of <see cref="CartUrl"/>.</summary>
    public IReadOnlyList<string> LinkHosts { get; init; } = [];

    /// <summary>E-mail addresses and telephone numbers that test messages can be sent to.</summary>
    public IReadOnlyList<string> Staff { get; init; } = [];

    /// <summary>Gross margin: the share of a price that remains after the cost of the goods, 0 to 1.</summary>
    public double Margin { get; init; } = 0.4;

    /// <summary>
    /// Whether its cart ids cannot be guessed, so that who knows one may go on with the cart: not replace its address, and not get its
    /// offers.
    /// </summary>
    public bool HasSecretCartIds { get; init; }

    /// <summary>Verifies its user tokens; <see langword="null"/> if it signs none.</summary>
    public UserTokens? UserTokens { get; init; }

    /// <summary>Maximum number of events a day, over all keys; 0 for no limit.</summary>
    public long EventsPerDay { get; init; }

    /// <summary>Maximum number of messages a month; 0 for no limit.</summary>
    public long MessagesPerMonth { get; init; }

    /// <summary>Maximum number of open streams; 0 for no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>
    /// The settings it was compiled from, hashed, without its keys; empty if it is removed. Equal stores have equal ones.
    /// </summary>
    public string Settings { get; init; } = "";

    /// <summary>Returns whether another store with the same id was compiled from the same settings.</summary>
    public bool HasSameSettings(Store other) => Number == other.Number && IsRemoved == other.IsRemoved && Settings == other.Settings;
}
