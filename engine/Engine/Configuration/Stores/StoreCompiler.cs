using System.Text;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Stores;

/// <summary>Compiles stores and their keys from sections validated by <see cref="ConfigLoader"/>.</summary>
public static class StoreCompiler
{
    /// <summary>Compiles the directory of stores.</summary>
    /// <param name="sections">The sections, in file order.</param>
    /// <param name="registry">The stores' numbers; new stores get the next ones. <see langword="null"/> to number them in file order.</param>
    /// <param name="idSecret">The secret for the keys of ids: <see cref="IdHasher"/>. <see langword="null"/> for keys without one.</param>
    /// <param name="sealing">The secret that seals ids which are addresses: <see cref="SealedIds"/>. <see langword="null"/> to leave them in the clear.</param>
    /// <exception cref="TimeZoneNotFoundException">This machine lacks a time zone.</exception>
    /// <exception cref="ArgumentException">A key is used twice.</exception>
    /// <exception cref="InvalidDataException">There are too many stores.</exception>
    public static StoreDirectory Compile(IReadOnlyList<StoreConfig> sections, StoreRegistry? registry = null, byte[]? idSecret = null, SealingSecret? sealing = null)
    {
        var numbers = Register(sections, registry ?? StoreRegistry.Empty);
        Store[] stores = [.. sections.Select(section => Compile(section, numbers.NumberOf(section.Id)!.Value, HasherOf(section.Id, idSecret, sealing)))];
        var removed = numbers.Stores.Index().Where(store => !sections.Any(section => section.Id == store.Item.Id));
        return new StoreDirectory(stores, removed.Select(store => Removed(store.Item, store.Index, HasherOf(store.Item.Id, idSecret, sealing))), sections.SelectMany((section, index) =>
            section.Keys.Select(key => (
                KeyHash.OfConfigured(key.Key),
                new StoreKey(stores[index], key.Kind, key.LoopbackOnly, [.. key.Origins.Select(origin => new AllowedOrigin(origin.ToString()))])
                {
                    Hash = KeyHash.OfConfigured(key.Key),
                    EventsPerDay = key.EventsPerDay,
                }))));
    }

    /// <summary>Numbers the configured stores that have no number yet, in file order.</summary>
    /// <exception cref="InvalidDataException">There are too many stores.</exception>
    public static StoreRegistry Register(IEnumerable<StoreConfig> sections, StoreRegistry registry) =>
        registry.With(sections.Select(section => new RegisteredStore(section.Id, section.Currency, section.Timezone)));

    static Store Compile(StoreConfig section, int number, IdHasher ids) =>
        new(number, section.Id, Encoding.UTF8.GetBytes(section.Id), ZoneOf(section.Timezone), section.Currency)
        {
            Ids = ids,
            Name = section.Name,
            Country = section.Country,
            Locale = MoneyLocale.Find(section.Locale) ?? MoneyLocale.Default,
            CartUrl = section.CartUrl is { } url ? new Uri(url) : null,
            LinkHosts = [.. section.LinkHosts],
            Staff = [.. section.Staff],
            Margin = section.Margin,
            HasSecretCartIds = section.CartIds == CartIdKind.Secret,
            TreatsBotsAsPeople = section.Bots == BotTreatment.People,
            UserTokens = section.UserTokenSecret is { } secret ? new UserTokens(section.Id, ids, secret) : null,
            EventsPerDay = section.EventsPerDay,
            MessagesPerMonth = section.MessagesPerMonth,
            MaxConnections = section.MaxConnections,
            Settings = ConfigValues.HashOf(section, nameof(StoreConfig.Keys)),
        };

    // This machine may lack the zone, which must not keep the other stores from starting.
    static Store Removed(RegisteredStore store, int number, IdHasher ids) => new(
        number, store.Id, Encoding.UTF8.GetBytes(store.Id), TimeZones.TryFind(store.TimeZone, out var zone) ? zone : TimeZoneInfo.Utc, store.Currency)
    {
        IsRemoved = true,
        Ids = ids,
    };

    static IdHasher HasherOf(string id, byte[]? secret, SealingSecret? sealing)
    {
        var utf8 = Encoding.UTF8.GetBytes(id);
        var seals = sealing is null ? null : new SealedIds(sealing, utf8);
        return secret is null ? new IdHasher(utf8) { Sealed = seals } : new IdHasher(utf8, secret) { Sealed = seals };
    }

    static TimeZoneInfo ZoneOf(string id) =>
        TimeZones.TryFind(id, out var zone) ? zone : throw new TimeZoneNotFoundException($"Unknown time zone '{id}' on this machine.");
}
