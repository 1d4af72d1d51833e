using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tracking;

namespace CartRecovery.Engine.Journeys;

/// <summary>How customers are contacted: the compiled configuration. It is replaced as a whole when the file changes.</summary>
public sealed class JourneyOptions
{
    /// <summary>Compiles a configuration that has been checked.</summary>
    /// <param name="contact">Its section.</param>
    /// <param name="campaigns">Its campaigns.</param>
    /// <param name="stores">The stores.</param>
    /// <param name="secret">What signs links.</param>
    public JourneyOptions(ContactConfig contact, CampaignSet campaigns, IReadOnlyList<Store> stores, ReadOnlySpan<byte> secret)
    {
        Campaigns = campaigns;
        Stores = stores;
        Policy = new ContactPolicy(contact);
        Caps = [.. contact.Caps.Select(CapRule.Of)];
        LongestCap = Caps.Count == 0 ? 0 : Caps.Max(cap => cap.Per);
        Holdout = contact.Holdout / 100;
        ClickWindow = Milliseconds(contact.ClickWindow);
        ViewWindow = Milliseconds(contact.ViewWindow);
        OutcomeWindow = Milliseconds(contact.OutcomeWindow);
        RestoreFor = Milliseconds(contact.RestoreFor);
        Retention = Milliseconds(contact.Retention);
        AbandonedAfter = Milliseconds(contact.AbandonedAfter);
        LostAfter = Milliseconds(contact.LostAfter);
        PublicUrl = contact.PublicUrl?.TrimEnd('/');
        Signer = new LinkSigner(secret);
    }

    public CampaignSet Campaigns { get; }

    public IReadOnlyList<Store> Stores { get; }

    public ContactPolicy Policy { get; }

    public IReadOnlyList<CapRule> Caps { get; }

    /// <summary>The longest time that a cap looks back, in milliseconds.</summary>
    public long LongestCap { get; }

    /// <summary>The share of shoppers that no campaign contacts, 0–1.</summary>
    public double Holdout { get; }

    /// <summary>An order is put down to a click in this time before it, in milliseconds; likewise the others.</summary>
    public long ClickWindow { get; }

    public long ViewWindow { get; }

    public long OutcomeWindow { get; }

    public long RestoreFor { get; }

    public long Retention { get; }

    public long AbandonedAfter { get; }

    public long LostAfter { get; }

    /// <summary>The engine's address as shoppers reach it, without a slash at its end; <see langword="null"/> for none.</summary>
    public string? PublicUrl { get; }

    public LinkSigner Signer { get; }

    /// <summary>The store of this id; <see langword="null"/> for none.</summary>
    public Store? FindStore(string id) => Stores.FirstOrDefault(store => store.Id == id);

    static long Milliseconds(Duration duration) => (long)duration.Value.TotalMilliseconds;
}
