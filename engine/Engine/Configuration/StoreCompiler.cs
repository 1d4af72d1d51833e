using System.Text;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration;

/// <summary>Compiles stores and their keys from sections validated by <see cref="ConfigLoader"/>.</summary>
public static class StoreCompiler
{
    /// <summary>Compiles the directory of stores.</summary>
    /// <param name="sections">The sections, in file order.</param>
    /// <exception cref="TimeZoneNotFoundException">This machine lacks a time zone.</exception>
    /// <exception cref="ArgumentException">A key is used twice.</exception>
    public static StoreDirectory Compile(IReadOnlyList<StoreConfig> sections)
    {
        Store[] stores = [.. sections.Select(Compile)];
        return new StoreDirectory(stores, sections.SelectMany((section, index) => section.Keys.Select(key => (
            Encoding.UTF8.GetBytes(key.Key),
            new StoreKey(stores[index], key.Kind, key.LoopbackOnly, [.. key.Origins.Select(origin => new AllowedOrigin(origin.ToString()))])))));
    }

    static Store Compile(StoreConfig section, int index) => new(
        index, section.Id, Encoding.UTF8.GetBytes(section.Id), ZoneOf(section.Timezone), section.Currency)
    {
        Name = section.Name,
        CartUrl = section.CartUrl is { } url ? new Uri(url) : null,
        LinkHosts = [.. section.LinkHosts],
        Margin = section.Margin,
    };

    static TimeZoneInfo ZoneOf(string id) =>
        TimeZones.TryFind(id, out var zone) ? zone : throw new TimeZoneNotFoundException($"Unknown time zone '{id}' on this machine.");
}
