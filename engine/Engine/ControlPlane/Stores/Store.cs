using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.ControlPlane.Stores;

/// <summary>A configured store. Immutable.</summary>
/// <param name="Number">Its number in records, from 0; never reused (<see cref="StoreRegistry"/>).</param>
/// <param name="Id">Its id in events.</param>
/// <param name="IdUtf8">The id in UTF-8, 1 to 64 bytes. Must not be modified.</param>
/// <param name="TimeZone">The time zone for hours and weekdays.</param>
/// <param name="Currency">The ISO 4217 code for events without a currency.</param>
public sealed record Store(int Number, string Id, byte[] IdUtf8, TimeZoneInfo TimeZone, string Currency)
{
    /// <summary>Derives the keys of its carts and customers; unkeyed unless set.</summary>
    public IdHasher Ids { get; init; } = new(IdUtf8);

    /// <summary><see langword="true"/> if the store is no longer configured: its carts stay, but are no longer scored, decided on or sent messages.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Whether bots are contacted and counted like people. For shops that are tested by programs.</summary>
    public bool TreatsBotsAsPeople { get; init; }

    /// <summary>The country of national phone numbers and of public holidays, ISO 3166-1; <see langword="null"/> if not configured.</summary>
    public string? Country { get; init; }

    /// <summary>The country's public holidays; <see langword="null"/> if they are not known.</summary>
    public HolidayCalendar? Holidays => HolidayCalendar.Of(Country);

    /// <summary>How amounts are formatted for its shoppers.</summary>
    public MoneyLocale Locale { get; init; } = MoneyLocale.Default;

    /// <summary>Its name for shoppers; <see langword="null"/> if not configured.</summary>
    public string? Name { get; init; }

    /// <summary>The shop's cart page; <see langword="null"/> if not configured.</summary>
    public Uri? CartUrl { get; init; }

    /// <summary>Hosts that links in messages may point to, besides the host of <see cref="CartUrl"/>.</summary>
    public IReadOnlyList<string> LinkHosts { get; init; } = [];

    /// <summary>E-mail addresses and phone numbers that may receive test messages.</summary>
    public IReadOnlyList<string> Staff { get; init; } = [];

    /// <summary>Gross margin: the share of a price that remains after the cost of the goods, 0 to 1.</summary>
    public double Margin { get; init; } = 0.4;

    /// <summary>
    /// Whether cart ids are unguessable. A client that knows such an id may change the cart, but not replace its address or receive its offers.
    /// </summary>
    public bool HasSecretCartIds { get; init; }

    /// <summary>Verifies its user tokens; <see langword="null"/> if none are configured.</summary>
    public UserTokens? UserTokens { get; init; }

    /// <summary>Maximum number of events a day, over all keys; 0 for no limit.</summary>
    public long EventsPerDay { get; init; }

    /// <summary>Maximum number of messages a month; 0 for no limit.</summary>
    public long MessagesPerMonth { get; init; }

    /// <summary>Maximum number of open streams; 0 for no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>A hash of the settings it was compiled from, without its keys; empty if it is removed. Equal for equal settings.</summary>
    public string Settings { get; init; } = "";

    /// <summary>Returns whether another store with the same id was compiled from the same settings.</summary>
    public bool HasSameSettings(Store other) => Number == other.Number && IsRemoved == other.IsRemoved && Settings == other.Settings;
}
