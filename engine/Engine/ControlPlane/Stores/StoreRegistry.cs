using System.Globalization;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.ControlPlane.Stores;

/// <summary>
/// Assigns each store a number when it is first seen. A store keeps its number for ever, configured or not; numbers are never reused,
/// because records contain them. Immutable.
/// </summary>
/// <remarks>
/// Text format: a line per store, in the order of the numbers: <c>NUMBER ID CURRENCY TIMEZONE</c>. Currency and time zone are those of the
/// store's last start, so recovery folds the events of a removed store as it did while the store was configured. The last line, <c>crc32c
/// CHECKSUM</c>, covers the lines before it: a damaged letter of an id would create a new store.
/// </remarks>
public sealed class StoreRegistry
{
    /// <summary>Maximum number of stores.</summary>
    public const int MaxStores = ushort.MaxValue;

    const string Checksum = "crc32c ";
    const string Remedy = "Restore the file from a backup of the data folder";

    readonly Dictionary<string, int> _numbers;

    StoreRegistry(IReadOnlyList<RegisteredStore> stores)
    {
        Stores = stores;
        _numbers = new Dictionary<string, int>(stores.Count, StringComparer.Ordinal);
        for (var number = 0; number < stores.Count; number++)
        {
            _numbers.Add(stores[number].Id, number);
        }
    }

    /// <summary>A registry without stores.</summary>
    public static StoreRegistry Empty { get; } = new([]);

    /// <summary>The stores by number.</summary>
    public IReadOnlyList<RegisteredStore> Stores { get; }

    /// <summary>Returns the number of the store with this id; <see langword="null"/> if it has none.</summary>
    public int? NumberOf(string id) => _numbers.TryGetValue(id, out var number) ? number : null;

    /// <summary>Returns a registry that has these stores. New stores get the next numbers, in the given order.</summary>
    /// <param name="stores">The stores as they are configured now, with distinct ids.</param>
    /// <exception cref="InvalidDataException">There would be more than <see cref="MaxStores"/>.</exception>
    public StoreRegistry With(IEnumerable<RegisteredStore> stores)
    {
        var all = Stores.ToList();
        foreach (var store in stores)
        {
            if (NumberOf(store.Id) is { } number)
            {
                all[number] = store;
                continue;
            }

            if (all.Count == MaxStores)
            {
                throw new InvalidDataException(
                    $"The data folder has had {MaxStores:N0} stores, so '{store.Id}' cannot get a number: start it in a data folder of its own");
            }

            all.Add(store);
        }

        return new StoreRegistry(all);
    }

    /// <summary>Parses the text that <see cref="ToString"/> returns.</summary>
    /// <exception cref="InvalidDataException">A line is damaged, duplicate or missing; the message says which.</exception>
    public static StoreRegistry Parse(string text)
    {
        var stores = new List<RegisteredStore>();
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = text.Split('\n');
        if (lines[^1].Length > 0)
        {
            throw Damaged(lines.Length, "the line is cut off");
        }

        var last = lines.Length - 1;
        for (var line = 1; line <= last; line++)
        {
            if (line == last && lines[line - 1].StartsWith(Checksum, StringComparison.Ordinal))
            {
                return text == new StoreRegistry(stores).ToString() ? new StoreRegistry(stores)
                    : throw Damaged(line, "the checksum differs");
            }

            var store = ParseLine(lines[line - 1], line, stores.Count);
            if (!known.TryAdd(store.Id, line))
            {
                throw Damaged(line, $"duplicate store '{store.Id}', first on line {known[store.Id]}");
            }

            stores.Add(store);
        }

        throw Damaged(lines.Length, "the checksum is missing");
    }

    /// <summary>Returns the registry as text: a line per store, and the checksum.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (number, (id, currency, zone)) in Stores.Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"{number} {id} {currency} {zone}\n");
        }

        var checksum = Crc32C.Of(Encoding.UTF8.GetBytes(text.ToString()));
        return text.Append(CultureInfo.InvariantCulture, $"{Checksum}{checksum:x8}\n").ToString();
    }

    static RegisteredStore ParseLine(string text, int line, int expected)
    {
        // A time zone's name may have spaces.
        if (text.Split(' ', 4) is not [var digits, { Length: > 0 } id, { Length: 3 } currency, { Length: > 0 } zone]
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || text.Any(char.IsControl))
        {
            throw Damaged(line, "expected a store's number, id, currency and time zone");
        }

        return number < expected ? throw Damaged(line, $"duplicate number {number}")
            : number > expected ? throw Damaged(line, $"expected the store with the number {expected}, got {number}")
            : expected == MaxStores ? throw Damaged(line, $"more than {MaxStores:N0} stores")
            : new RegisteredStore(id, currency, zone);
    }

    static InvalidDataException Damaged(int line, string problem) => new($"line {line}: {problem}. {Remedy}");
}

/// <summary>A store as the registry records it.</summary>
/// <param name="Id">Its id in events, without spaces.</param>
/// <param name="Currency">The ISO 4217 code for events without a currency.</param>
/// <param name="TimeZone">The name of the time zone for hours and weekdays.</param>
public sealed record RegisteredStore(string Id, string Currency, string TimeZone);
