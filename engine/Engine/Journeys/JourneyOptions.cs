using System.Text;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>How customers are contacted: the compiled configuration. Replaced as a whole when the file changes.</summary>
public sealed class JourneyOptions
{
    /// <summary>Compiles a validated configuration.</summary>
    /// <param name="contact">The contact section.</param>
    /// <param name="campaigns">The campaigns.</param>
    /// <param name="stores">The stores.</param>
    /// <param name="secret">The key that signs links.</param>
    public JourneyOptions(ContactConfig contact, CampaignSet campaigns, StoreTable stores, ReadOnlySpan<byte> secret)
    {
        Campaigns = campaigns;
        Stores = stores;
        Policy = new ContactPolicy(contact);
        Caps = [.. contact.Caps.Select(CapRule.Of)];
        MaxCapPeriod = Caps.Count == 0 ? 0 : Caps.Max(cap => cap.Per);
        Holdout = contact.Holdout / 100;
        ClickWindow = Milliseconds(contact.ClickWindow);
        ViewWindow = Milliseconds(contact.ViewWindow);
        OutcomeWindow = Milliseconds(contact.OutcomeWindow);
        RestoreFor = Milliseconds(contact.RestoreFor);
        Retention = Milliseconds(contact.Retention);
        AddressRetention = contact.AddressRetention is { } addresses ? Milliseconds(addresses) : null;
        ConsentRetention = contact.ConsentRetention is { } consents ? Milliseconds(consents) : null;
        AbandonedAfter = Milliseconds(contact.AbandonedAfter);
        LostAfter = Milliseconds(contact.LostAfter);
        PublicUrl = Uri.TryCreate(contact.PublicUrl, UriKind.Absolute, out var url) ? ShopLinks.HeaderOf(url).TrimEnd('/') : contact.PublicUrl?.TrimEnd('/');
        Signer = new LinkSigner(secret);
        Unproven = new UnprovenContactOptions(contact);
    }

    public CampaignSet Campaigns { get; }

    /// <summary>The stores by number, with those that are no longer configured.</summary>
    public StoreTable Stores { get; }

    public ContactPolicy Policy { get; }

    public IReadOnlyList<CapRule> Caps { get; }

    /// <summary>The longest time span of any cap (ms).</summary>
    public long MaxCapPeriod { get; }

    /// <summary>Share of shoppers in the holdout, 0–1.</summary>
    public double Holdout { get; }

    /// <summary>Attribution window: an order up to this long after a click is attributed to it (ms). Likewise the others.</summary>
    public long ClickWindow { get; }

    public long ViewWindow { get; }

    public long OutcomeWindow { get; }

    public long RestoreFor { get; }

    public long Retention { get; }

    /// <summary>How long addresses and records of consents are kept (ms); <see langword="null"/> until the customer is forgotten.</summary>
    public long? AddressRetention { get; }

    public long? ConsentRetention { get; }

    public long AbandonedAfter { get; }

    public long LostAfter { get; }

    /// <summary>The engine's public URL without a trailing slash; <see langword="null"/> for none.</summary>
    public string? PublicUrl { get; }

    public LinkSigner Signer { get; }

    /// <summary>Counts messages for the stores' quotas; <see langword="null"/> to count none.</summary>
    public UsageLedger? Usage { get; init; }

    /// <summary>The rules for addresses that a browser named.</summary>
    public UnprovenContactOptions Unproven { get; }

    /// <summary>Returns the configured store with this id, or <see langword="null"/>.</summary>
    public Store? FindStore(string id) => Stores.FindConfigured(id);

    /// <summary>Returns a customer's key; empty for an anonymous shopper.</summary>
    /// <param name="storeId">The store, configured or removed.</param>
    /// <param name="userId">The user's id as sent by the shop; <see langword="null"/> for an anonymous shopper.</param>
    /// <exception cref="ArgumentException">The store never had a number.</exception>
    public Hash128 CustomerOf(string storeId, string? userId)
    {
        var store = Stores.Find(storeId) ?? throw new ArgumentException($"Unknown store '{storeId}'.", nameof(storeId));
        return userId is null ? default : store.Ids.CustomerOf(Encoding.UTF8.GetBytes(userId));
    }

    static long Milliseconds(Duration duration) => (long)duration.Value.TotalMilliseconds;
}
