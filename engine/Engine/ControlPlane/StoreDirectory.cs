using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.ControlPlane;

/// <summary>A shop, as the pipeline sees it.</summary>
/// <param name="Index">Its place in the configuration, from 0.</param>
/// <param name="Id">Its name in events.</param>
/// <param name="IdUtf8">The same in UTF-8, 1 to 64 bytes. Not to be changed.</param>
/// <param name="TimeZone">What hours and weekdays are counted in.</param>
/// <param name="Currency">ISO 4217 code of events that name none.</param>
public sealed record Store(int Index, string Id, byte[] IdUtf8, TimeZoneInfo TimeZone, string Currency)
{
    /// <summary>Its name as shoppers know it; <see langword="null"/> where the configuration gives none.</summary>
    public string? Name { get; init; }

    /// <summary>The shop's page that shows a cart; <see langword="null"/> where there is none.</summary>
    public Uri? CartUrl { get; init; }

    /// <summary>Hosts that a link in a message may lead to, beside that of <see cref="CartUrl"/>.</summary>
    public IReadOnlyList<string> LinkHosts { get; init; } = [];

    /// <summary>The share of a price that is left when the goods are paid for, 0 to 1.</summary>
    public double Margin { get; init; } = 0.4;
}

/// <summary>What a key lets its holder do.</summary>
/// <param name="Store">The shop that it speaks for.</param>
/// <param name="Kind">For browsers or for servers.</param>
/// <param name="LoopbackOnly">It works from this machine alone.</param>
/// <param name="Origins">The web origins whose pages may use it.</param>
public sealed record StoreKey(Store Store, KeyKind Kind, bool LoopbackOnly, IReadOnlyList<OriginPattern> Origins)
{
    /// <summary>Whether a request with this <c>Origin</c> header may use the key.</summary>
    /// <param name="origin">The header; <see langword="null"/>, which is always allowed, when there is none: then it is no browser.</param>
    public bool AllowsOrigin(string? origin)
    {
        if (origin is null)
            return true;
        foreach (var allowed in Origins)
        {
            if (allowed.Allows(origin))
                return true;
        }
        return false;
    }
}

/// <summary>The shops of the configuration and their keys. Immutable, so any thread may ask.</summary>
public sealed class StoreDirectory
{
    const int LongestKey = 128;

    readonly Dictionary<KeyHash, StoreKey> _keys = [];

    StoreDirectory(IReadOnlyList<Store> stores) => Stores = stores;

    /// <summary>The shops; each one's index is its place.</summary>
    public IReadOnlyList<Store> Stores { get; }

    /// <summary>Builds the directory.</summary>
    /// <param name="stores">Sections that <see cref="ConfigLoader"/> found no problem with.</param>
    /// <exception cref="TimeZoneNotFoundException">A time zone is not on this machine.</exception>
    /// <exception cref="ArgumentException">Two keys are the same.</exception>
    public static StoreDirectory Create(IReadOnlyList<StoreConfig> stores)
    {
        var directory = new StoreDirectory([.. stores.Select((store, index) => new Store(
            index, store.Id, Encoding.UTF8.GetBytes(store.Id), ZoneOf(store.Timezone), store.Currency)
        {
            Name = store.Name,
            CartUrl = store.CartUrl is { } url ? new Uri(url) : null,
            LinkHosts = [.. store.LinkHosts],
            Margin = store.Margin,
        })]);
        for (var i = 0; i < stores.Count; i++)
        {
            foreach (var key in stores[i].Keys)
            {
                directory._keys.Add(KeyHash.Of(Encoding.UTF8.GetBytes(key.Key)),
                    new StoreKey(directory.Stores[i], key.Kind, key.LoopbackOnly, [.. key.Origins]));
            }
        }
        return directory;
    }

    /// <summary>The shop of that name.</summary>
    public Store? FindStore(string id) => Stores.FirstOrDefault(store => store.Id == id);

    /// <summary>
    /// What the key allows; <see langword="null"/> for an unknown one. Keys are looked up by their SHA-256, so how long that takes
    /// says nothing about how near a guess is.
    /// </summary>
    public StoreKey? FindKey(ReadOnlySpan<byte> utf8) =>
        utf8.Length <= LongestKey && _keys.TryGetValue(KeyHash.Of(utf8), out var key) ? key : null;

    /// <inheritdoc cref="FindKey(ReadOnlySpan{byte})"/>
    public StoreKey? FindKey(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[LongestKey];
        return Encoding.UTF8.TryGetBytes(text, utf8, out var length) ? FindKey(utf8[..length]) : null;
    }

    /// <summary>The zone of an IANA name; <c>UTC</c> is known on machines without time zone data too.</summary>
    internal static bool TryFindZone(string id, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = TimeZoneInfo.Utc;
        return id == "UTC" || (id.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(id, out zone));
    }

    static TimeZoneInfo ZoneOf(string id) =>
        TryFindZone(id, out var zone) ? zone : throw new TimeZoneNotFoundException($"There is no time zone '{id}'.");

    /// <summary>The SHA-256 of a key.</summary>
    [StructLayout(LayoutKind.Sequential)]
    readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
    {
        public static KeyHash Of(ReadOnlySpan<byte> key)
        {
            var hash = default(KeyHash);
            SHA256.HashData(key, MemoryMarshal.AsBytes(new Span<KeyHash>(ref hash)));
            return hash;
        }
    }
}
