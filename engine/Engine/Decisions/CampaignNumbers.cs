using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// Assigns each campaign a number below <see cref="CampaignSet.Capacity"/> by its name, for the bits that records hold. A campaign keeps its number whatever its
/// place in the configuration. The number of a campaign that is gone is given away only when all are taken, the longest unused first. Immutable.
/// </summary>
/// <remarks>
/// Text format: a line per number in use, <c>NUMBER CHANGE NAME</c>, where <c>CHANGE</c> counts the changes of the set up to the last one that had the campaign;
/// then <c>crc32c CHECKSUM</c> over the lines before it.
/// </remarks>
public sealed class CampaignNumbers
{
    const string Checksum = "crc32c ";

    readonly ImmutableSortedDictionary<int, (string Name, long Change)> _taken;
    readonly Dictionary<string, int> _numbers;

    CampaignNumbers(ImmutableSortedDictionary<int, (string Name, long Change)> taken)
    {
        _taken = taken;
        _numbers = taken.ToDictionary(pair => pair.Value.Name, pair => pair.Key, StringComparer.Ordinal);
    }

    /// <summary>Nobody has a number. Campaigns then get their places.</summary>
    public static CampaignNumbers Empty { get; } = new(ImmutableSortedDictionary<int, (string, long)>.Empty);

    /// <summary>The number of a campaign that was given one.</summary>
    /// <exception cref="KeyNotFoundException">It has none.</exception>
    public int this[string name] => _numbers[name];

    /// <summary>Returns the numbers with these campaigns, of which new ones get free numbers in the given order.</summary>
    /// <param name="names">The names of the campaigns that are configured now, at most <see cref="CampaignSet.Capacity"/>; others are gone.</param>
    public CampaignNumbers With(IEnumerable<string> names)
    {
        var present = names.ToHashSet(StringComparer.Ordinal);
        var last = _taken.Values.Select(taken => taken.Change).DefaultIfEmpty().Max();
        if (present.Count == _taken.Values.Count(taken => taken.Change == last) && present.All(name => _numbers.TryGetValue(name, out var number) && _taken[number].Change == last))
        {
            return this;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(present.Count, CampaignSet.Capacity, nameof(names));
        var taken = _taken.ToBuilder();
        foreach (var name in present.Where(_numbers.ContainsKey))
        {
            taken[_numbers[name]] = (name, last + 1);
        }

        foreach (var name in present.Where(name => !_numbers.ContainsKey(name)))
        {
            taken[Next(taken, last + 1)] = (name, last + 1);
        }

        return new CampaignNumbers(taken.ToImmutable());
    }

    /// <summary>Parses the text that <see cref="ToString"/> returns.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static CampaignNumbers Parse(string text)
    {
        var taken = ImmutableSortedDictionary.CreateBuilder<int, (string, long)>();
        foreach (var line in text.Split('\n').TakeWhile(line => !line.StartsWith(Checksum, StringComparison.Ordinal)))
        {
            if (line.Split(' ', 3) is not [var number, var change, { Length: > 0 } name]
                || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var key) || key >= CampaignSet.Capacity
                || !long.TryParse(change, NumberStyles.None, CultureInfo.InvariantCulture, out var changed)
                || taken.Values.Any(other => other.Item1 == name))
            {
                throw new InvalidDataException("a line is not the number of a campaign");
            }

            taken[key] = (name, changed);
        }

        var numbers = new CampaignNumbers(taken.ToImmutable());
        return numbers.ToString() == text ? numbers : throw new InvalidDataException("the checksum differs");
    }

    /// <summary>Returns the numbers as text: a line per number, and the checksum.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (number, (name, change)) in _taken)
        {
            text.Append(CultureInfo.InvariantCulture, $"{number} {change} {name}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{Checksum}{Crc32C.Of(Encoding.UTF8.GetBytes(text.ToString())):x8}\n").ToString();
    }

    static int Next(ImmutableSortedDictionary<int, (string Name, long Change)>.Builder taken, long change)
    {
        for (var number = 0; number < CampaignSet.Capacity; number++)
        {
            if (!taken.ContainsKey(number))
            {
                return number;
            }
        }

        return taken.Where(pair => pair.Value.Change < change).MinBy(pair => pair.Value.Change).Key;
    }
}
